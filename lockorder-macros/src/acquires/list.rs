//! The list in `#[acquires(…)]`: classes, then words.

use proc_macro2::{Ident, TokenStream};

use crate::cursor::Cursor;
use crate::error::{Error, Result};
use crate::syntax::{Path, library_path};

/// The context that the function needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    MaySleep,
    Atomic,
    Irq,
}

/// What the body's token starts from.
pub(super) enum Extent {
    /// Everything held is outside of the outermost of these.
    Classes { outermost: Path, inner: Vec<Path> },
    /// Nothing is held.
    Nothing,
}

/// What the attribute says.
pub(super) struct List {
    pub(super) extent: Extent,
    pub(super) context: Context,
    /// `dyn`: the signature is concrete.
    pub(super) concrete: bool,
    /// The name of the library in the user's crate, where it is another one.
    pub(super) library: Option<Path>,
}

/// The words that are not lock classes.
const WORDS: &str = "`may_sleep`, `atomic`, `irq`, `nothing_held`, `dyn` or `crate = path`";

/// The words as they are read, one after another.
#[derive(Default)]
struct Words {
    context: Option<Context>,
    nothing_held: Option<Ident>,
    concrete: bool,
    library: Option<Path>,
}

impl Words {
    fn parse(cursor: &mut Cursor) -> Result<Self> {
        let mut words = Self::default();
        while !cursor.is_empty() {
            words.add(cursor)?;
            if !cursor.is_empty() {
                cursor.expect_mark(",")?;
            }
        }
        Ok(words)
    }

    /// Reads one word.
    fn add(&mut self, cursor: &mut Cursor) -> Result<()> {
        let Some(word) = cursor.take_any_word() else {
            return Err(cursor.error(format!("expected a word: after the `;` stand {WORDS}")));
        };
        let twice = || Err(Error::new(word.span(), "this word is given twice"));
        let context = match word.to_string().as_str() {
            "may_sleep" => Context::MaySleep,
            "atomic" => Context::Atomic,
            "irq" => Context::Irq,
            "nothing_held" if self.nothing_held.is_some() => return twice(),
            "nothing_held" => {
                self.nothing_held = Some(word);
                return Ok(());
            }
            "dyn" if self.concrete => return twice(),
            "dyn" => {
                self.concrete = true;
                return Ok(());
            }
            "crate" => return library_path(cursor, &mut self.library, &word),
            other => {
                let message = format!("unknown word `{other}`: after the `;` stand {WORDS}");
                return Err(Error::new(word.span(), message));
            }
        };
        if self.context.is_some() {
            return Err(Error::new(word.span(), "a function needs one context: this is the second"));
        }
        self.context = Some(context);
        Ok(())
    }
}

/// Refuses a word that stands among the classes.
fn refuse_word(cursor: &mut Cursor) -> Result<()> {
    let words = ["may_sleep", "atomic", "irq", "nothing_held", "dyn"];
    if let Some(word) = words.iter().find(|word| cursor.at_word(word)) {
        let message =
            format!("`{word}` is not a lock class: write it after a `;`, as in `#[acquires(Inode; {word})]`");
        return Err(cursor.error(message));
    }
    let mut ahead = cursor.clone();
    if ahead.take_word("crate").is_some() && ahead.at_mark("=") {
        return Err(
            cursor.error("`crate = path` is written after a `;`, as in `#[acquires(Inode; crate = path)]`")
        );
    }
    Ok(())
}

impl List {
    pub(super) fn parse(attribute: TokenStream) -> Result<Self> {
        let mut cursor = Cursor::new(attribute);
        let mut classes = Vec::new();
        while !cursor.is_empty() && !cursor.at_mark(";") {
            refuse_word(&mut cursor)?;
            classes.push(Path::parse(&mut cursor)?);
            if !cursor.is_empty() && !cursor.at_mark(";") {
                cursor.expect_mark(",")?;
            }
        }
        let semicolon = cursor.take_mark(";");
        if let Some(place) = semicolon
            && cursor.is_empty()
        {
            let message = format!("nothing follows the `;`: leave it out, or write one of {WORDS}");
            return Err(Error::new(place, message));
        }
        let Words { context, nothing_held, concrete, library } = Words::parse(&mut cursor)?;
        let mut classes = classes.into_iter();
        let extent = match (classes.next(), nothing_held) {
            (None, Some(_)) => Extent::Nothing,
            (Some(class), Some(_)) => {
                let message = format!(
                    "with `nothing_held` the body may acquire every class, and a list says nothing: leave `{}` out",
                    class.spelled()
                );
                return Err(Error::over(class.tokens(), message));
            }
            (Some(outermost), None) => Extent::Classes { outermost, inner: classes.collect() },
            (None, None) => {
                let message =
                    "what does it acquire? name classes or levels, outermost first, or `; nothing_held`";
                return Err(cursor.error(message));
            }
        };
        Ok(Self { extent, context: context.unwrap_or(Context::MaySleep), concrete, library })
    }
}
