//! Changes of a text: pieces replaced, and where everything stands afterwards.
//!
//! A breakage is a few edits of one file. Several breakages of one file are made at once, so what the compiler says of the
//! changed text is attributed by place: [`Changed::moved`] tells where a piece of the original stands in the changed text,
//! [`Changed::probes`] where the inserted probes stand.

use std::ops::Range;

/// One piece of a text replaced; an empty piece is an insertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub range: Range<usize>,
    /// What stands there instead.
    pub text: String,
    /// The part of `text` that is a probe: an error in there is the probe's own.
    pub probe: Option<Range<usize>>,
}

impl Edit {
    /// Replaces `range`.
    #[must_use]
    pub const fn replace(range: Range<usize>, text: String) -> Self {
        Self { range, text, probe: None }
    }

    /// Inserts before `place`.
    #[must_use]
    pub const fn insert(place: usize, text: String) -> Self {
        Self { range: place..place, text, probe: None }
    }

    /// The same edit, with the first occurrence of `probe` in its text marked as a probe.
    #[must_use]
    pub fn with_probe(self, probe: &str) -> Self {
        let found = self.text.find(probe).map(|start| start..start + probe.len());
        Self { probe: found, ..self }
    }

    /// By how much the text grows.
    fn growth(&self) -> isize {
        self.text.len().cast_signed() - self.range.len().cast_signed()
    }
}

/// A text after edits.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The new text.
    pub text: String,
    /// In their order in the text.
    edits: Vec<Edit>,
}

impl Changed {
    /// Makes all `edits`; `None` where two overlap or one is not in the text.
    #[must_use]
    pub fn new(original: &str, edits: impl IntoIterator<Item = Edit>) -> Option<Self> {
        let mut edits: Vec<Edit> = edits.into_iter().collect();
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut text = String::with_capacity(original.len());
        let mut done = 0;
        for edit in &edits {
            text.push_str(original.get(done..edit.range.start)?);
            text.push_str(&edit.text);
            done = edit.range.end;
        }
        text.push_str(original.get(done..)?);
        Some(Self { text, edits })
    }

    /// Where a place of the original stands, once the edits that `counts` picks are made.
    fn shifted(&self, place: usize, counts: impl Fn(&Edit) -> bool) -> usize {
        let growth = self.edits.iter().filter(|edit| counts(edit)).map(Edit::growth).sum();
        place.saturating_add_signed(growth)
    }

    /// Where a piece of the original stands now, with what was inserted in it and at its borders.
    #[must_use]
    pub fn moved(&self, piece: &Range<usize>) -> Range<usize> {
        let start = self.shifted(piece.start, |edit| edit.range.start < piece.start);
        start..self.shifted(piece.end, |edit| edit.range.start <= piece.end)
    }

    /// Where the probes stand that were inserted by edits of `piece` of the original.
    pub fn probes(&self, piece: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
        self.edits.iter().enumerate().filter_map(move |(index, edit)| {
            let inside = piece.start <= edit.range.start && edit.range.end <= piece.end;
            let probe = edit.probe.as_ref().filter(|_| inside)?;
            let growth: isize = self.edits[..index].iter().map(Edit::growth).sum();
            let start = edit.range.start.saturating_add_signed(growth);
            Some(start + probe.start..start + probe.end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Changed, Edit};

    #[test]
    fn pieces_are_found_again() {
        let text = "held.lock(&A); held.lock(&B);";
        let wrapped = Edit::replace(15..19, "kept(held.probe())".to_owned()).with_probe("held.probe()");
        let changed = Changed::new(text, [wrapped, Edit::replace(10..12, "&LONG".to_owned())]).unwrap();
        assert_eq!(changed.text, "held.lock(&LONG); kept(held.probe()).lock(&B);");
        assert_eq!(&changed.text[changed.moved(&(0..13))], "held.lock(&LONG)");
        assert_eq!(&changed.text[changed.moved(&(15..28))], "kept(held.probe()).lock(&B)");
        let probes: Vec<_> = changed.probes(&(15..28)).map(|probe| &changed.text[probe]).collect();
        assert_eq!(probes, ["held.probe()"]);
        assert_eq!(changed.probes(&(0..13)).count(), 0);
    }

    #[test]
    fn what_is_inserted_at_a_border_belongs_to_the_piece() {
        let changed = Changed::new(
            "a; b; c",
            [(3, "x("), (4, ")")].map(|(place, text)| Edit::insert(place, text.to_owned())),
        )
        .unwrap();
        assert_eq!(&changed.text[changed.moved(&(3..4))], "x(b)");
        assert_eq!(&changed.text[changed.moved(&(0..1))], "a");
        assert_eq!(&changed.text[changed.moved(&(6..7))], "c");
    }

    #[test]
    fn edits_that_overlap_are_refused() {
        let edit = |range| Edit::replace(range, String::new());
        assert!(Changed::new("abcdef", [edit(0..3), edit(2..4)]).is_none());
        assert!(Changed::new("abc", [edit(2..9)]).is_none());
    }
}
