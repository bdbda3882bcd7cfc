//! What compiler and checker say of a scenario's typed programs.

use laboratory::scenarios::Scenario;

use crate::compiler::{Ended, Library, RUNNING, run};

/// What was said.
#[derive(Clone, Debug)]
pub struct Lights {
    /// The compiler's message, where the compiler refuses it.
    pub refused: Option<String>,
    /// The checker's report, where there is one.
    pub report: Option<String>,
}

/// Has the compiler and the checker look at a scenario, and compares what they say with what the scenario says of them.
///
/// # Errors
///
/// One of them says something else.
pub fn light(plain: &Library, checked: &Library, scenario: &Scenario) -> Result<Lights, String> {
    let name = |part: &str| format!("lab_{}_{part}", scenario.name);
    let wrong = |what: &str, said: &str| Err(format!("{}: {what}: {said}", scenario.name));
    let mut lights = Lights { refused: None, report: None };
    if let Ok((text, expected)) = scenario.typed.refused {
        let compiled = plain.program(&name("refused"), "refused.rs", text, true)?;
        if compiled.program.is_some() || !compiled.said.iter().any(|said| said.message.starts_with(expected))
        {
            return wrong("it is not refused as it should be", &compiled.shown);
        }
        lights.refused = Some(compiled.shown);
    }
    let mended = plain.program(&name("mended"), "mended.rs", scenario.typed.mended, true)?;
    let Some(program) = mended.program else { return wrong("mended it is refused", &mended.shown) };
    let ran = run(&program, RUNNING)?;
    if ran.ended != Ended::Well || !ran.errors.is_empty() || !mended.said.is_empty() {
        return wrong("mended it is not well", &(mended.shown + &ran.errors));
    }
    if let Ok((text, expected)) = scenario.typed.dynamic {
        let compiled = checked.program(&name("dynamic"), "dynamic.rs", text, true)?;
        let Some(program) = compiled.program else {
            return wrong("past the types it is refused", &compiled.shown);
        };
        let ran = run(&program, RUNNING)?;
        if ran.ended != Ended::Well || !ran.errors.starts_with(expected) || ran.errors.is_empty() {
            return wrong("it is not reported, or does not end", &format!("{:?} {}", ran.ended, ran.errors));
        }
        lights.report = Some(ran.errors);
    }
    Ok(lights)
}
