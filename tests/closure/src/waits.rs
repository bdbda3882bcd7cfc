//! Every function that may wait, as a page.
