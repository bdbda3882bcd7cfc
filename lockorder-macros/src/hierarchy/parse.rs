//! The grammar of `hierarchy!`.

use proc_macro2::{Delimiter, Ident, Span, TokenStream};

use crate::cursor::Cursor;
use crate::error::{Error, Result};
use crate::syntax::{Attribute, Path, Visibility, library_path};

/// A number as written, and what it is: nothing if it does not fit.
pub(crate) struct Number {
    pub(crate) value: Option<u16>,
    pub(crate) place: Span,
}

/// `pub hierarchy NAME, platform = path;`
pub(crate) struct Header {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    pub(crate) platform: Option<Path>,
}

/// `pub level Name = number { classes }`
pub(crate) struct LevelDeclaration {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    pub(crate) number: Number,
    pub(crate) classes: Vec<ClassDeclaration>,
}

/// `pub class Name = minor, order = …, pairs under …, sibling of …;`
pub(crate) struct ClassDeclaration {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    pub(crate) minor: Number,
    pub(crate) order: Option<Ident>,
    /// The word `pairs`, and the class that it names.
    pub(crate) pairs: Option<(Ident, Path)>,
    pub(crate) sibling: Option<Ident>,
}

/// One invocation as written.
pub(crate) struct Declaration {
    /// `crate = path;`
    pub(crate) library: Option<Path>,
    pub(crate) header: Option<Header>,
    pub(crate) levels: Vec<LevelDeclaration>,
    /// `class Name in Level = minor;`: the classes outside of a level's braces, with the level that each names.
    pub(crate) classes: Vec<(Path, ClassDeclaration)>,
}

impl Number {
    fn parse(cursor: &mut Cursor) -> Result<Self> {
        let place = cursor.place();
        let wrong = || Error::new(place, "expected a number");
        let written = cursor.take_literal().ok_or_else(wrong)?.to_string().replace('_', "");
        let (digits, radix) = match written.get(..2) {
            Some("0x") => (&written[2..], 16),
            Some("0o") => (&written[2..], 8),
            Some("0b") => (&written[2..], 2),
            _ => (&written[..], 10),
        };
        if !digits.starts_with(|digit: char| digit.is_digit(radix)) {
            return Err(wrong());
        }
        let length = digits.find(|digit: char| !digit.is_digit(radix)).unwrap_or(digits.len());
        let (digits, suffix) = digits.split_at(length);
        if suffix.starts_with(['u', 'i']) {
            let message = format!("a number has no type here: leave `{suffix}` out");
            return Err(Error::new(place, message));
        }
        if !suffix.is_empty() {
            return Err(Error::new(place, "expected a whole number"));
        }
        Ok(Self { value: u16::from_str_radix(digits, radix).ok(), place })
    }
}

impl Header {
    /// What follows the word `hierarchy`.
    fn parse_rest(attributes: Vec<Attribute>, visibility: Visibility, cursor: &mut Cursor) -> Result<Self> {
        let name = cursor.name()?;
        let mut platform = None;
        while cursor.take_mark(",").is_some() {
            let Some(word) = cursor.take_word("platform") else {
                return Err(cursor.error("expected `platform = path`"));
            };
            if platform.is_some() {
                return Err(Error::new(word.span(), "a hierarchy has one platform: it is given twice"));
            }
            cursor.expect_mark("=")?;
            platform = Some(Path::parse(cursor)?);
        }
        cursor.expect_mark(";")?;
        Ok(Self { attributes, visibility, name, platform })
    }
}

impl ClassDeclaration {
    /// A class in a level's braces, from its attributes on.
    fn parse_nested(cursor: &mut Cursor) -> Result<Self> {
        let attributes = Attribute::parse_all(cursor)?;
        let visibility = Visibility::parse(cursor);
        if cursor.take_word("class").is_none() {
            return Err(cursor.error("expected `class`"));
        }
        let name = cursor.name()?;
        if cursor.at_word("in") {
            return Err(cursor.error("this class is inside a level already: leave `in …` out"));
        }
        Self::parse_rest(attributes, visibility, name, cursor)
    }

    /// A class outside of a level's braces, with the level that it names: what follows the word `class`.
    fn parse_flat(
        attributes: Vec<Attribute>,
        visibility: Visibility,
        cursor: &mut Cursor,
    ) -> Result<(Path, Self)> {
        let name = cursor.name()?;
        if cursor.take_word("in").is_none() {
            return Err(cursor.error("a class outside of a level names it: `class Name in Level = 3;`"));
        }
        let level = Path::parse(cursor)?;
        Ok((level, Self::parse_rest(attributes, visibility, name, cursor)?))
    }

    /// What follows the name and the level.
    fn parse_rest(
        attributes: Vec<Attribute>,
        visibility: Visibility,
        name: Ident,
        cursor: &mut Cursor,
    ) -> Result<Self> {
        cursor.expect_mark("=")?;
        let minor = Number::parse(cursor)?;
        let (mut order, mut pairs, mut sibling) = (None, None, None);
        while cursor.take_mark(",").is_some() {
            if let Some(word) = cursor.take_word("order") {
                if order.is_some() {
                    return Err(Error::new(
                        word.span(),
                        "a class has one discipline: `order` is given twice",
                    ));
                }
                cursor.expect_mark("=")?;
                order = Some(cursor.name()?);
            } else if let Some(word) = cursor.take_word("pairs") {
                if pairs.is_some() {
                    return Err(Error::new(word.span(), "`pairs under` is given twice"));
                }
                if cursor.take_word("under").is_none() {
                    return Err(cursor.error(
                        "expected `under`: `pairs under` names the class whose lock is held over a pair",
                    ));
                }
                pairs = Some((word, Path::parse(cursor)?));
            } else if let Some(word) = cursor.take_word("sibling") {
                if sibling.is_some() {
                    return Err(Error::new(word.span(), "`sibling of` is given twice"));
                }
                if cursor.take_word("of").is_none() {
                    return Err(
                        cursor.error("expected `of`: `sibling of` names the class that owns the rank")
                    );
                }
                sibling = Some(cursor.name()?);
            } else {
                return Err(cursor.error("expected `order = …`, `pairs under …` or `sibling of …`"));
            }
        }
        cursor.expect_mark(";")?;
        Ok(Self { attributes, visibility, name, minor, order, pairs, sibling })
    }
}

impl LevelDeclaration {
    /// What follows the word `level`.
    fn parse_rest(attributes: Vec<Attribute>, visibility: Visibility, cursor: &mut Cursor) -> Result<Self> {
        let name = cursor.name()?;
        cursor.expect_mark("=")?;
        let number = Number::parse(cursor)?;
        let mut classes = Vec::new();
        if let Some(group) = cursor.take_group(Delimiter::Brace) {
            let mut inside = Cursor::inside(&group);
            while !inside.is_empty() {
                classes.push(ClassDeclaration::parse_nested(&mut inside)?);
            }
        } else if cursor.take_mark(";").is_none() {
            return Err(cursor.error("expected `;`, or the level's classes: `{ … }`"));
        }
        Ok(Self { attributes, visibility, name, number, classes })
    }
}

impl Declaration {
    pub(crate) fn parse(input: TokenStream) -> Result<Self> {
        let mut cursor = Cursor::new(input);
        let mut declaration = Self { library: None, header: None, levels: Vec::new(), classes: Vec::new() };
        if cursor.is_empty() {
            return Err(
                cursor.error("nothing is declared here: a hierarchy, or classes in levels of other modules")
            );
        }
        if let Some(word) = cursor.take_word("crate") {
            library_path(&mut cursor, &mut declaration.library, &word)?;
            cursor.expect_mark(";")?;
        }
        while !cursor.is_empty() {
            declaration.parse_item(&mut cursor)?;
        }
        Ok(declaration)
    }

    fn parse_item(&mut self, cursor: &mut Cursor) -> Result<()> {
        let attributes = Attribute::parse_all(cursor)?;
        let visibility = Visibility::parse(cursor);
        if let Some(word) = cursor.take_word("hierarchy") {
            if self.header.is_some() {
                return Err(Error::new(word.span(), "one invocation declares one hierarchy"));
            }
            self.header = Some(Header::parse_rest(attributes, visibility, cursor)?);
        } else if cursor.take_word("level").is_some() {
            self.levels.push(LevelDeclaration::parse_rest(attributes, visibility, cursor)?);
        } else if cursor.take_word("class").is_some() {
            self.classes.push(ClassDeclaration::parse_flat(attributes, visibility, cursor)?);
        } else if cursor.at_word("crate") {
            return Err(cursor.error("`crate = path;` is the first line, and there is one"));
        } else {
            return Err(cursor.error("expected one of: `hierarchy`, `level`, `class`"));
        }
        Ok(())
    }
}
