//! From steps with labels to instructions with distances.

use super::compile::{Code, Label, Step};
use super::program::{Instruction, JA, JMP, MAX_INSTRUCTIONS, Program};

impl Code {
    /// Puts distances in the place of labels. A conditional jump reaches 255 instructions: one
    /// that has to go farther jumps to a jump.
    pub(super) fn resolve(&self) -> Result<Program, String> {
        let mut far = vec![false; self.steps.len()];
        loop {
            let mut places = vec![0; self.labels];
            let mut at = 0;
            for (step, far) in self.steps.iter().zip(&far) {
                match step {
                    Step::Mark(label) => {
                        if let Some(place) = places.get_mut(label.0) {
                            *place = at;
                        }
                    }
                    // Only conditional jumps are ever marked.
                    Step::Branch(..) if *far => at += 3,
                    Step::Branch(..) | Step::Plain(..) => at += 1,
                }
            }
            if at > MAX_INSTRUCTIONS {
                return Err(too_long());
            }
            let place = |label: Label| places.get(label.0).copied().unwrap_or(0);
            let mut out = Vec::with_capacity(at);
            let mut grew = false;
            for (step, far) in self.steps.iter().zip(&mut far) {
                let skip = |from: usize, to: Label| place(to).saturating_sub(from + 1);
                let wide = |skip: usize| u32::try_from(skip).unwrap_or(u32::MAX);
                let here = out.len();
                let new = |code, jt, jf, k| Instruction { code, jt, jf, k };
                match *step {
                    Step::Mark(_) => {}
                    Step::Plain(code, k) => out.push(new(code, 0, 0, k)),
                    Step::Branch(code, _, yes, _) if code == JMP | JA => {
                        out.push(new(code, 0, 0, wide(skip(here, yes))));
                    }
                    Step::Branch(code, k, yes, no) if *far => {
                        out.push(new(code, 0, 1, k));
                        out.push(new(JMP | JA, 0, 0, wide(skip(here + 1, yes))));
                        out.push(new(JMP | JA, 0, 0, wide(skip(here + 2, no))));
                    }
                    Step::Branch(code, k, yes, no) => {
                        let (jt, jf) = (skip(here, yes), skip(here, no));
                        if let (Ok(jt), Ok(jf)) = (u8::try_from(jt), u8::try_from(jf)) {
                            out.push(new(code, jt, jf, k));
                        } else {
                            out.push(new(code, 0, 0, k));
                            *far = true;
                            grew = true;
                        }
                    }
                }
            }
            if !grew {
                return Program::new(out).ok_or_else(too_long);
            }
        }
    }
}

pub(super) fn too_long() -> String {
    format!("it takes more than {MAX_INSTRUCTIONS} instructions, and the kernel no more than these")
}
