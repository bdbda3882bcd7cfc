//! The grammar of `hierarchy!`.

use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitInt, Path, Token, Visibility, braced};

mod keyword {
    syn::custom_keyword!(hierarchy);
    syn::custom_keyword!(level);
    syn::custom_keyword!(class);
    syn::custom_keyword!(order);
    syn::custom_keyword!(sibling);
    syn::custom_keyword!(of);
    syn::custom_keyword!(platform);
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
    pub(crate) number: LitInt,
    pub(crate) classes: Vec<ClassDeclaration>,
}

/// `pub class Name = minor, order = …, sibling of …;`, perhaps with `in Level`.
pub(crate) struct ClassDeclaration {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    pub(crate) parent: Option<Path>,
    pub(crate) minor: LitInt,
    pub(crate) order: Option<Ident>,
    pub(crate) sibling: Option<Ident>,
}

/// One invocation as written.
pub(crate) struct Declaration {
    pub(crate) header: Option<Header>,
    pub(crate) levels: Vec<LevelDeclaration>,
    pub(crate) classes: Vec<ClassDeclaration>,
}

impl ClassDeclaration {
    /// What follows the attributes and the visibility.
    fn parse_rest(
        attributes: Vec<Attribute>,
        visibility: Visibility,
        input: ParseStream<'_>,
        nested: bool,
    ) -> syn::Result<Self> {
        input.parse::<keyword::class>()?;
        let name = input.parse()?;
        let parent = if nested {
            if input.peek(Token![in]) {
                return Err(input.error("this class is inside a level already: leave `in …` out"));
            }
            None
        } else {
            if !input.peek(Token![in]) {
                return Err(input.error("a class outside of a level names it: `class Name in Level = 3;`"));
            }
            input.parse::<Token![in]>()?;
            Some(input.call(Path::parse_mod_style)?)
        };
        input.parse::<Token![=]>()?;
        let minor = input.parse()?;
        let mut order = None;
        let mut sibling = None;
        while input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            let lookahead = input.lookahead1();
            if lookahead.peek(keyword::order) {
                let word: keyword::order = input.parse()?;
                if order.is_some() {
                    return Err(syn::Error::new(
                        word.span,
                        "a class has one discipline: `order` is given twice",
                    ));
                }
                input.parse::<Token![=]>()?;
                order = Some(input.parse()?);
            } else if lookahead.peek(keyword::sibling) {
                let word: keyword::sibling = input.parse()?;
                if sibling.is_some() {
                    return Err(syn::Error::new(word.span, "`sibling of` is given twice"));
                }
                input.parse::<keyword::of>()?;
                sibling = Some(input.parse()?);
            } else {
                return Err(lookahead.error());
            }
        }
        input.parse::<Token![;]>()?;
        Ok(Self { attributes, visibility, name, parent, minor, order, sibling })
    }
}

impl LevelDeclaration {
    /// What follows the attributes and the visibility.
    fn parse_rest(
        attributes: Vec<Attribute>,
        visibility: Visibility,
        input: ParseStream<'_>,
    ) -> syn::Result<Self> {
        input.parse::<keyword::level>()?;
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let number = input.parse()?;
        let mut classes = Vec::new();
        if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
        } else {
            let content;
            braced!(content in input);
            while !content.is_empty() {
                let attributes = content.call(Attribute::parse_outer)?;
                let visibility = content.parse()?;
                classes.push(ClassDeclaration::parse_rest(attributes, visibility, &content, true)?);
            }
        }
        Ok(Self { attributes, visibility, name, number, classes })
    }
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut header = None;
        let mut levels = Vec::new();
        let mut classes = Vec::new();
        while !input.is_empty() {
            let attributes = input.call(Attribute::parse_outer)?;
            let visibility: Visibility = input.parse()?;
            let lookahead = input.lookahead1();
            if lookahead.peek(keyword::hierarchy) {
                let word: keyword::hierarchy = input.parse()?;
                if header.is_some() {
                    return Err(syn::Error::new(word.span, "one invocation declares one hierarchy"));
                }
                let name = input.parse()?;
                let platform = if input.peek(Token![,]) {
                    input.parse::<Token![,]>()?;
                    input.parse::<keyword::platform>()?;
                    input.parse::<Token![=]>()?;
                    Some(input.call(Path::parse_mod_style)?)
                } else {
                    None
                };
                input.parse::<Token![;]>()?;
                header = Some(Header { attributes, visibility, name, platform });
            } else if lookahead.peek(keyword::level) {
                levels.push(LevelDeclaration::parse_rest(attributes, visibility, input)?);
            } else if lookahead.peek(keyword::class) {
                classes.push(ClassDeclaration::parse_rest(attributes, visibility, input, false)?);
            } else {
                return Err(lookahead.error());
            }
        }
        Ok(Self { header, levels, classes })
    }
}
