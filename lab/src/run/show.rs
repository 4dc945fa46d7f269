//! Showing while the scenario runs.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use script::{Step, StepKind};
use tokio_util::sync::CancellationToken;
use tracer::{Aside, Language, Summary, Timestamp};

use super::asides::{OwnedAside, now};
use super::order::InOrder;
use super::recorder::Recorder;
use super::{Item, LIMIT, told};
use crate::Failure;
use crate::interrupt::Interrupt;
use crate::scenario::Scenario;
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
    scenario: Arc<Scenario>,
    /// The step that is being played.
    step: Option<usize>,
    /// In which the router is spoken of.
    language: Language,
}

impl Show {
    /// Nothing was shown yet; packets come from so many places.
    pub(super) fn new(
        view: View,
        scenario: Arc<Scenario>,
        with_app: bool,
        places: usize,
        language: Language,
    ) -> Self {
        // One place has the order of its packets already.
        let places = if places > 1 { places } else { 0 };
        let tells = with_app || scenario.reads_ftp_later();
        Self {
            view,
            order: InOrder::new(tells, places),
            several_ways: tells || places > 0,
            outcome: None,
            scenario,
            step: None,
            language,
        }
    }

    /// What is played that does not come to an end.
    pub(super) fn unfinished(&self) -> String {
        let steps = &self.scenario.script.steps;
        match self.step.and_then(|place| steps.get(place)) {
            Some(step) => {
                let what = format!("this is not over, and no packet came for {LIMIT:?}");
                format!("the session hangs: {}", self.scenario.at(step, what))
            }
            None => format!("the session did not begin within {LIMIT:?}"),
        }
    }

    /// Until when something must have happened in the step that is played.
    fn limit(&self) -> Instant {
        let steps = &self.scenario.script.steps;
        let waits = match self.step.and_then(|place| steps.get(place)) {
            Some(Step {
                kind: StepKind::Wait(time),
                ..
            }) => *time,
            _ => Duration::ZERO,
        };
        Instant::now() + LIMIT + waits
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
                Ok(Item::Step(place)) => {
                    self.step = Some(place);
                    limit = self.limit();
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
                Ok(item) => {
                    // While packets come, something goes on.
                    if self.outcome.is_none() && matches!(item, Item::Frame(_)) {
                        limit = self.limit();
                    }
                    self.take(item)?;
                }
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
            Item::Aside(OwnedAside { time, .. }) | Item::RouterReads(time) => {
                self.order.push(*time, item);
            }
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
            Item::RouterReads(time) => self.router_reads(*time),
            _ => Ok(()),
        }
    }

    /// Tells that from here on the router does more than forward.
    pub(super) fn router_reads(&mut self, time: Timestamp) -> Result<(), Failure> {
        let hides = self.scenario.network.router.hides.is_some();
        let (who, what) = told::router_reads(self.language, hides);
        self.view.aside(&Aside {
            time,
            who,
            what: &what,
        })
    }

    pub(super) fn finish(self) -> Result<(Summary, Ended), Failure> {
        self.view.finish()
    }
}
