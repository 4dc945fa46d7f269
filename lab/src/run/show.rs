//! Showing while the scenario runs.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tracer::{Aside, Summary};

use super::asides::{OwnedAside, now};
use super::order::InOrder;
use super::recorder::Recorder;
use super::{Item, LIMIT};
use crate::Failure;
use crate::interrupt::Interrupt;
use crate::view::{Ended, View};

/// How long the last packets may take after both programs are done.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often what came is shown, whether or not more comes.
const TICK: Duration = Duration::from_millis(20);

/// Everything that has to do with showing while the scenario runs.
pub(super) struct Show {
    view: View,
    order: InOrder<Item>,
    /// What is shown comes by more than one way.
    several_ways: bool,
    outcome: Option<Result<(), String>>,
}

impl Show {
    /// Nothing was shown yet; packets come from so many places.
    pub(super) fn new(view: View, with_app: bool, places: usize) -> Self {
        // One place has the order of its packets already.
        let places = if places > 1 { places } else { 0 };
        let several_ways = with_app || places > 0;
        Self {
            view,
            order: InOrder::new(with_app, places),
            several_ways,
            outcome: None,
        }
    }

    /// How the client's part went; `None` while it has not ended.
    pub(super) fn outcome(&self) -> Option<Result<(), String>> {
        self.outcome.clone()
    }

    /// Shows what comes until both programs are done and every connection is closed.
    pub(super) fn until_the_end(
        mut self,
        arriving: &Receiver<Item>,
        recorders: &[Recorder],
        shutdown: &CancellationToken,
        interrupt: &Interrupt,
    ) -> Result<Self, Failure> {
        let begun = Instant::now();
        let mut limit = begun + LIMIT;
        let mut tick = begun + TICK;
        let mut server_done = false;
        let mut recording = recorders.len();
        let mut cut = false;
        loop {
            // A client that closed without a word is still on its way to the server: until then
            // the server shall not close by itself.
            if self.outcome.is_some() && self.view.all_closed() {
                shutdown.cancel();
            }
            let over = server_done && self.outcome.is_some() && self.view.all_closed();
            if over || cut || Instant::now() >= limit || interrupt.asked() {
                break;
            }
            match arriving.recv_timeout(TICK) {
                Ok(Item::ClientDone(outcome)) => {
                    if outcome.is_err() {
                        shutdown.cancel();
                    }
                    self.outcome = Some(outcome);
                    limit = limit.min(Instant::now() + FAREWELL);
                }
                Ok(Item::CaptureEnds) => {
                    // What is open stays so until the last packet is recorded.
                    self.outcome = Some(Ok(()));
                    cut = true;
                }
                Ok(Item::ServerDone(ended)) => {
                    server_done = true;
                    if let (Err(error), None) = (ended, &self.outcome) {
                        self.outcome = Some(Err(format!("the server: {error}")));
                    }
                }
                Ok(Item::RecorderDone) => {
                    // It cannot go on; why is told when it is joined.
                    recording -= 1;
                    break;
                }
                Ok(item) => self.take(item)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if Instant::now() >= tick {
                tick = Instant::now() + TICK;
                // The last that is held back has nothing behind it to let it go.
                self.order.passed(now());
                self.show_settled()?;
                self.view.flush()?;
            }
        }
        if !cut {
            shutdown.cancel();
        }
        recorders.iter().for_each(Recorder::stop);
        // What was captured before the stop still comes; then the recorders let go.
        while recording > 0 {
            match arriving.recv_timeout(FAREWELL) {
                Ok(Item::RecorderDone) => recording -= 1,
                Err(_) => recording = 0,
                Ok(item) => self.take(item)?,
            }
        }
        shutdown.cancel();
        while let Some(item) = self.order.pop(true) {
            self.show(&item)?;
        }
        Ok(self)
    }

    fn take(&mut self, item: Item) -> Result<(), Failure> {
        if !self.several_ways {
            return self.show(&item);
        }
        match &item {
            Item::Frame(frame) => {
                self.order.heard(frame.place, frame.time);
                self.order.push(frame.time, item);
            }
            Item::Aside(aside) => self.order.push(aside.time, item),
            Item::Quiet { place, until } => self.order.heard(*place, *until),
            _ => return Ok(()),
        }
        self.show_settled()
    }

    /// Shows what nothing can precede any more.
    fn show_settled(&mut self) -> Result<(), Failure> {
        while let Some(item) = self.order.pop(false) {
            self.show(&item)?;
        }
        Ok(())
    }

    fn show(&mut self, item: &Item) -> Result<(), Failure> {
        match item {
            Item::Frame(frame) => self.view.frame(&frame.frame()),
            Item::Aside(OwnedAside { time, who, what }) => self.view.aside(&Aside {
                time: *time,
                who,
                what,
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<(Summary, Ended), Failure> {
        self.view.finish()
    }
}
