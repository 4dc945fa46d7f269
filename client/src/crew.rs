//! Several sessions that share one list of things to do.

use std::cell::RefCell;
use std::collections::VecDeque;

use futures::future::{join, join_all};

use crate::error::ClientError;
use crate::session::Session;

/// Carries out every job, each once, over `first` and the `helpers` at the same time. An error of
/// `carry` ends the session's part; what a helper could not do, the others do, and it is removed
/// and `lost` hears why.
///
/// # Errors
/// That of `first`; of any session, that it was aborted.
pub(crate) async fn share<J>(
    first: &mut Session,
    helpers: &mut Vec<Session>,
    jobs: impl IntoIterator<Item = J>,
    carry: impl AsyncFn(&mut Session, &J) -> Result<(), ClientError>,
    lost: impl Fn(&ClientError),
) -> Result<(), ClientError> {
    let jobs: RefCell<VecDeque<J>> = RefCell::new(jobs.into_iter().collect());
    let work = async |session: &mut Session| {
        loop {
            let Some(job) = jobs.borrow_mut().pop_front() else {
                return Ok(());
            };
            let done = match session.aborter.answer() {
                Ok(()) => carry(session, &job).await,
                Err(aborted) => Err(aborted),
            };
            match done {
                Ok(()) => {}
                Err(ClientError::Aborted) => {
                    jobs.borrow_mut().clear();
                    return Err(ClientError::Aborted);
                }
                Err(error) => {
                    jobs.borrow_mut().push_front(job);
                    return Err(error);
                }
            }
        }
    };
    let (work, lost) = (&work, &lost);
    let helping = join_all(helpers.iter_mut().map(|helper| async move {
        let done = work(helper).await;
        if let Err(error) = &done
            && !matches!(error, ClientError::Aborted)
        {
            lost(error);
        }
        done
    }));
    let (done, helped) = join(work(first), helping).await;
    let mut stayed = helped.iter().map(Result::is_ok);
    helpers.retain(|_| stayed.next().unwrap_or(false));
    done?;
    if helped
        .iter()
        .any(|helped| matches!(helped, Err(ClientError::Aborted)))
    {
        return Err(ClientError::Aborted);
    }
    // What the last helper to go had in hand.
    work(first).await
}
