//! What a terminal does, one test a behaviour: that of POSIX.1-2024, chapter 11, and where that leaves a choice, Linux's.

use std::string::String;
use std::vec::Vec;

use super::{Discipline, Wire};
use crate::signal::Signal;
use crate::termios::{InputFlags, LocalFlags, OutputFlags, Special, Termios};

const INTERRUPT: u8 = 0x03;
const END_OF_FILE: u8 = 0x04;
const START: u8 = 0x11;
const REPRINT: u8 = 0x12;
const STOP: u8 = 0x13;
const KILL: u8 = 0x15;
const LITERAL: u8 = 0x16;
const WORD_ERASE: u8 = 0x17;
const SUSPEND: u8 = 0x1a;
const QUIT: u8 = 0x1c;
const ERASE: u8 = 0x7f;

/// A terminal with settings that differ from the usual ones.
fn with(change: impl FnOnce(&mut Termios)) -> Discipline {
    let mut settings = Termios::default();
    change(&mut settings);
    Discipline::try_new(settings, Wire::Device).unwrap()
}

/// As usual.
fn usual() -> Discipline {
    with(|_| ())
}

/// Without lines, echo and signals.
fn raw(minimum: u8, time: u8) -> Discipline {
    with(|settings| {
        settings.local -= LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG;
        settings.set(Special::Minimum, minimum);
        settings.set(Special::Time, time);
    })
}

/// Types bytes; gives the signals.
fn types(terminal: &mut Discipline, bytes: &[u8]) -> Vec<Signal> {
    bytes.iter().filter_map(|&byte| terminal.receive(byte)).collect()
}

/// What a read of `most` bytes gives.
fn reads(terminal: &mut Discipline, most: usize) -> Option<Vec<u8>> {
    let mut bytes = std::vec![0; most];
    let count = terminal.read(&mut bytes)?;
    bytes.truncate(count);
    Some(bytes)
}

/// The next line.
fn line(terminal: &mut Discipline) -> Option<String> {
    reads(terminal, 5000).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// What has been sent over the wire.
pub(super) fn sent(terminal: &mut Discipline) -> String {
    let mut bytes = std::vec![0; 5000];
    let count = terminal.transmit(&mut bytes);
    bytes.truncate(count);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a terminal shows for what was typed.
fn shown(terminal: &mut Discipline, bytes: &[u8]) -> String {
    types(terminal, bytes);
    sent(terminal)
}

// Lines.

#[test]
fn a_line_is_read_when_it_is_finished_and_not_before() {
    let mut terminal = usual();
    types(&mut terminal, b"hello");
    assert_eq!((line(&mut terminal), terminal.readable(), terminal.is_ready()), (None, 0, false));
    types(&mut terminal, b"\n");
    assert_eq!((terminal.readable(), terminal.is_ready()), (6, true));
    assert_eq!(line(&mut terminal).as_deref(), Some("hello\n"));
    assert_eq!(line(&mut terminal), None);
}

#[test]
fn one_read_gives_one_line() {
    let mut terminal = usual();
    types(&mut terminal, b"one\ntwo\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("one\n"));
    assert_eq!(line(&mut terminal).as_deref(), Some("two\n"));
}

#[test]
fn a_short_read_leaves_the_rest_of_the_line() {
    let mut terminal = usual();
    types(&mut terminal, b"abcdef\n");
    assert_eq!(reads(&mut terminal, 4).unwrap(), b"abcd");
    assert!(terminal.is_ready());
    assert_eq!(reads(&mut terminal, 4).unwrap(), b"ef\n");
}

#[test]
fn a_second_end_of_line_character_ends_the_line_and_is_read() {
    let mut terminal = with(|settings| settings.set(Special::EndOfLine, b';'));
    types(&mut terminal, b"a;b");
    assert_eq!(line(&mut terminal).as_deref(), Some("a;"));
    assert_eq!(line(&mut terminal), None);
}

#[test]
fn the_third_end_of_line_character_needs_extensions() {
    let change = |settings: &mut Termios| settings.set(Special::EndOfLine2, b';');
    let mut terminal = with(change);
    types(&mut terminal, b"a;");
    assert_eq!(line(&mut terminal).as_deref(), Some("a;"));
    let mut terminal = with(|settings| {
        change(settings);
        settings.local -= LocalFlags::IEXTEN;
    });
    types(&mut terminal, b"a;");
    assert_eq!(line(&mut terminal), None);
}

#[test]
fn a_line_too_long_loses_its_end_and_keeps_its_newline() {
    let mut terminal = usual();
    let long = std::vec![b'x'; 6000];
    types(&mut terminal, &long);
    assert_eq!(terminal.room(), usize::MAX);
    types(&mut terminal, b"\n");
    let bytes = reads(&mut terminal, 6000).unwrap();
    assert_eq!(bytes.len(), 4096);
    assert!(bytes.ends_with(b"x\n"));
}

#[test]
fn there_is_room_until_4095_bytes_can_be_read() {
    let mut terminal = usual();
    types(&mut terminal, b"x\n");
    assert_eq!(terminal.room(), 4093);
    types(&mut terminal, &std::vec![b'y'; 5000]);
    assert_eq!(terminal.room(), 0);
    assert_eq!(line(&mut terminal).as_deref(), Some("x\n"));
}

#[test]
fn control_d_in_an_empty_line_ends_the_file() {
    let mut terminal = usual();
    types(&mut terminal, &[END_OF_FILE]);
    assert!(terminal.is_ready());
    assert_eq!(reads(&mut terminal, 10), Some(Vec::new()));
    assert_eq!(reads(&mut terminal, 10), None);
    assert_eq!(sent(&mut terminal), "", "it is not shown");
}

#[test]
fn control_d_behind_characters_makes_them_readable() {
    let mut terminal = usual();
    types(&mut terminal, b"abc\x04");
    assert_eq!(terminal.readable(), 3);
    assert_eq!(reads(&mut terminal, 10).unwrap(), b"abc");
    assert_eq!(reads(&mut terminal, 10), None);
}

#[test]
fn control_d_behind_what_fills_a_read_exactly_ends_no_file() {
    let mut terminal = usual();
    types(&mut terminal, b"abc\x04");
    assert_eq!(reads(&mut terminal, 3).unwrap(), b"abc");
    assert_eq!(reads(&mut terminal, 3), None);
}

#[test]
fn each_control_d_ends_one_read() {
    let mut terminal = usual();
    types(&mut terminal, b"a\x04\x04b\x04");
    assert_eq!(reads(&mut terminal, 10).unwrap(), b"a");
    assert_eq!(reads(&mut terminal, 10).unwrap(), b"");
    assert_eq!(reads(&mut terminal, 10).unwrap(), b"b");
}

// Erasing.

#[test]
fn erase_takes_the_last_character_away_and_rubs_it_out() {
    let mut terminal = usual();
    assert_eq!(shown(&mut terminal, b"ab\x7f"), "ab\x08 \x08");
    types(&mut terminal, b"\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("a\n"));
}

#[test]
fn erase_does_nothing_in_an_empty_line() {
    let mut terminal = usual();
    types(&mut terminal, b"x\n");
    sent(&mut terminal);
    assert_eq!(shown(&mut terminal, &[ERASE, KILL, WORD_ERASE]), "");
    assert_eq!(line(&mut terminal).as_deref(), Some("x\n"));
}

#[test]
fn erase_takes_a_whole_utf_8_character() {
    let mut terminal = with(|settings| settings.input |= InputFlags::IUTF8);
    assert_eq!(shown(&mut terminal, "a€\x7f".as_bytes()), "a€\x08 \x08");
    types(&mut terminal, b"\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("a\n"));
}

#[test]
fn without_utf_8_erase_takes_a_byte() {
    let mut terminal = usual();
    types(&mut terminal, "€\x7f\n".as_bytes());
    assert_eq!(reads(&mut terminal, 10).unwrap(), b"\xe2\x82\n");
}

#[test]
fn a_control_character_is_rubbed_out_in_both_its_columns() {
    let mut terminal = usual();
    assert_eq!(shown(&mut terminal, b"\x01\x7f"), "^A\x08 \x08\x08 \x08");
}

#[test]
fn a_tab_is_rubbed_out_back_to_where_it_began() {
    let mut terminal = usual();
    terminal.write(b"$ ");
    sent(&mut terminal);
    assert_eq!(shown(&mut terminal, b"ab\t\x7f"), "ab\t\x08\x08\x08\x08");
    assert_eq!(shown(&mut terminal, b"\t\t\x7f"), "\t\t\x08\x08\x08\x08\x08\x08\x08\x08");
}

#[test]
fn kill_takes_the_line_away() {
    let mut terminal = usual();
    assert_eq!(shown(&mut terminal, b"abc\x15"), "abc\x08 \x08\x08 \x08\x08 \x08");
    types(&mut terminal, b"d\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("d\n"));
}

#[test]
fn kill_shows_itself_and_a_newline_where_the_line_does_not_vanish() {
    let mut terminal = with(|settings| settings.local -= LocalFlags::ECHOKE);
    assert_eq!(shown(&mut terminal, b"abc\x15"), "abc^U\r\n");
    let mut terminal = with(|settings| settings.local -= LocalFlags::ECHOK);
    assert_eq!(shown(&mut terminal, b"abc\x15"), "abc^U");
    types(&mut terminal, b"\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("\n"));
}

#[test]
fn kill_leaves_finished_lines_alone() {
    let mut terminal = usual();
    types(&mut terminal, b"one\ntwo\x15\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("one\n"));
    assert_eq!(line(&mut terminal).as_deref(), Some("\n"));
}

#[test]
fn word_erase_takes_a_word_and_the_blanks_behind_it() {
    let mut terminal = usual();
    types(&mut terminal, b"one two_2  \x17\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("one \n"));
    types(&mut terminal, b"one two\x17\x17\x17x\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("x\n"));
}

#[test]
fn without_extensions_word_erase_is_a_character() {
    let mut terminal = with(|settings| settings.local -= LocalFlags::IEXTEN);
    types(&mut terminal, b"ab\x17\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("ab\x17\n"));
}

#[test]
fn without_rubbing_out_the_erase_character_is_shown() {
    let mut terminal = with(|settings| settings.local -= LocalFlags::ECHOE);
    assert_eq!(shown(&mut terminal, b"ab\x7f"), "ab^?");
}

#[test]
fn a_printing_terminal_prints_what_is_erased_between_strokes() {
    let mut terminal = with(|settings| {
        settings.local |= LocalFlags::ECHOPRT;
        settings.input |= InputFlags::IUTF8;
    });
    assert_eq!(shown(&mut terminal, "aé€\x7f\x7fb".as_bytes()), "aé€\\€é/b");
    assert_eq!(shown(&mut terminal, b"\x15"), "\\ba/");
}

#[test]
fn nothing_is_rubbed_out_without_echo() {
    let mut terminal = with(|settings| settings.local -= LocalFlags::ECHO);
    assert_eq!(shown(&mut terminal, b"ab\x7f\x15c\x17d\n"), "");
    assert_eq!(line(&mut terminal).as_deref(), Some("d\n"));
}

// Quoting and printing again.

#[test]
fn a_quoted_character_means_nothing_special() {
    let mut terminal = usual();
    let quoted = [b'a', LITERAL, INTERRUPT, LITERAL, ERASE, LITERAL, END_OF_FILE, LITERAL, STOP, b'\n'];
    assert_eq!(types(&mut terminal, &quoted), []);
    assert_eq!(reads(&mut terminal, 10).unwrap(), b"a\x03\x7f\x04\x13\n");
}

#[test]
fn a_quoted_newline_ends_no_line() {
    let mut terminal = usual();
    assert_eq!(shown(&mut terminal, b"a\x16\nb"), "a^\x08^Jb");
    assert_eq!(line(&mut terminal), None);
    types(&mut terminal, b"\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("a\nb\n"));
}

#[test]
fn reprint_shows_the_unfinished_line_again() {
    let mut terminal = usual();
    types(&mut terminal, b"old\nab\x01");
    sent(&mut terminal);
    assert_eq!(shown(&mut terminal, &[REPRINT]), "^R\r\nab^A");
    types(&mut terminal, b"\n");
    line(&mut terminal);
    assert_eq!(line(&mut terminal).as_deref(), Some("ab\x01\n"));
}

// Echo.

#[test]
fn a_newline_is_shown_as_a_new_line() {
    assert_eq!(shown(&mut usual(), b"a\r"), "a\r\n");
}

#[test]
fn without_echo_a_newline_is_shown_if_asked_for() {
    let mut terminal = with(|settings| {
        settings.local -= LocalFlags::ECHO;
        settings.local |= LocalFlags::ECHONL;
    });
    assert_eq!(shown(&mut terminal, b"secret\n"), "\r\n");
}

#[test]
fn control_characters_are_shown_with_a_caret_if_asked_for() {
    assert_eq!(shown(&mut usual(), b"\x01\x1b\t"), "^A^[\t");
    let mut terminal = with(|settings| settings.local -= LocalFlags::ECHOCTL);
    assert_eq!(shown(&mut terminal, b"\x01\t"), "\x01\t");
}

#[test]
fn echo_that_finds_no_room_is_lost_and_the_input_kept() {
    let mut terminal = raw(1, 0);
    let mut settings = terminal.settings().clone();
    settings.local |= LocalFlags::ECHO;
    terminal.set(settings);
    for _ in 0..3 {
        types(&mut terminal, &std::vec![b'x'; 2000]);
        assert_eq!(reads(&mut terminal, 5000).unwrap().len(), 2000);
    }
    assert_eq!(sent(&mut terminal).len(), 4096);
}

#[test]
fn what_a_program_writes_leaves_room_for_echo() {
    let mut terminal = usual();
    let count = terminal.write(&std::vec![b'x'; 10_000]);
    assert_eq!((count, terminal.writable()), (3072, 0));
    types(&mut terminal, b"y");
    assert!(sent(&mut terminal).ends_with("xy"));
}

// Translation of input.

#[test]
fn a_carriage_return_becomes_a_newline_or_is_ignored_or_stays() {
    for (flags, read) in [
        (InputFlags::ICRNL, &b"a\nb\n"[..]),
        (InputFlags::IGNCR, b"ab\n"),
        (InputFlags::IGNCR | InputFlags::ICRNL, b"ab\n"),
        (InputFlags::empty(), b"a\rb\n"),
    ] {
        let mut terminal = raw(1, 0);
        let mut settings = terminal.settings().clone();
        settings.input = flags;
        terminal.set(settings);
        types(&mut terminal, b"a\rb\n");
        assert_eq!(reads(&mut terminal, 10).unwrap(), read, "{flags:?}");
    }
}

#[test]
fn a_newline_becomes_a_carriage_return_if_asked_for() {
    let mut terminal = with(|settings| settings.input = InputFlags::INLCR);
    types(&mut terminal, b"a\n");
    assert_eq!(line(&mut terminal), None);
    types(&mut terminal, b"\x04");
    assert_eq!(line(&mut terminal).as_deref(), Some("a\r"));
}

#[test]
fn the_eighth_bit_is_stripped_and_letters_become_small_if_asked_for() {
    let mut terminal = with(|settings| settings.input |= InputFlags::ISTRIP | InputFlags::IUCLC);
    types(&mut terminal, b"\xc1Bc\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("abc\n"));
}

#[test]
fn a_byte_of_all_ones_is_doubled_where_errors_are_marked() {
    let mut terminal = raw(1, 0);
    let mut settings = terminal.settings().clone();
    settings.input |= InputFlags::PARMRK;
    terminal.set(settings);
    types(&mut terminal, b"a\xff");
    assert_eq!(reads(&mut terminal, 10).unwrap(), b"a\xff\xff");
}

// Signals.

#[test]
fn three_characters_send_signals_and_are_not_read() {
    let mut terminal = usual();
    let signals = types(&mut terminal, &[INTERRUPT, QUIT, SUSPEND]);
    assert_eq!(signals, [Signal::Interrupt, Signal::Quit, Signal::Suspend]);
    assert_eq!(sent(&mut terminal), "^Z", "what was shown before the last one was thrown away");
    types(&mut terminal, b"\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("\n"));
}

#[test]
fn a_signal_throws_away_what_was_typed_and_what_was_not_sent() {
    let mut terminal = usual();
    types(&mut terminal, b"one\ntwo");
    terminal.write(b"output");
    assert_eq!(types(&mut terminal, &[INTERRUPT]), [Signal::Interrupt]);
    assert_eq!(sent(&mut terminal), "^C");
    assert_eq!(line(&mut terminal), None);
}

#[test]
fn a_signal_throws_nothing_away_if_told_so() {
    let mut terminal = with(|settings| settings.local |= LocalFlags::NOFLSH);
    types(&mut terminal, b"one\ntwo");
    assert_eq!(types(&mut terminal, &[INTERRUPT]), [Signal::Interrupt]);
    types(&mut terminal, b"\n");
    assert_eq!(sent(&mut terminal), "one\r\ntwo^C\r\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("one\n"));
    assert_eq!(line(&mut terminal).as_deref(), Some("two\n"));
}

#[test]
fn without_signals_the_characters_are_read() {
    let mut terminal = with(|settings| settings.local -= LocalFlags::ISIG);
    assert_eq!(types(&mut terminal, b"\x03\x1c\x1a\n"), []);
    assert_eq!(reads(&mut terminal, 10).unwrap(), b"\x03\x1c\x1a\n");
}

#[test]
fn signals_are_sent_without_lines_as_well() {
    let mut terminal = with(|settings| settings.local -= LocalFlags::ICANON);
    assert_eq!(types(&mut terminal, &[INTERRUPT]), [Signal::Interrupt]);
}

#[test]
fn a_disabled_character_sends_no_signal() {
    let mut terminal = with(|settings| settings.set(Special::Interrupt, 0));
    assert_eq!(types(&mut terminal, &[0, INTERRUPT]), []);
}

// Stopping and starting.

#[test]
fn stop_holds_the_output_until_start() {
    let mut terminal = usual();
    terminal.write(b"before");
    types(&mut terminal, &[STOP]);
    assert_eq!((sent(&mut terminal).as_str(), terminal.write(b"during"), terminal.writable()), ("", 0, 0));
    types(&mut terminal, b"x");
    assert_eq!((sent(&mut terminal).as_str(), terminal.unsent()), ("", 7));
    types(&mut terminal, &[START]);
    assert_eq!(sent(&mut terminal), "beforex");
    assert_eq!(terminal.write(b"after"), 5);
}

#[test]
fn what_the_master_could_read_before_the_stop_it_can_read_after() {
    let mut terminal = Discipline::try_new(Termios::default(), Wire::Master).unwrap();
    terminal.write(b"before");
    types(&mut terminal, b"\x13x");
    assert_eq!(terminal.sendable(), 6);
    assert_eq!(sent(&mut terminal), "before");
    types(&mut terminal, &[START]);
    assert_eq!(sent(&mut terminal), "x");
}

#[test]
fn any_character_starts_the_output_if_told_so() {
    let mut terminal = with(|settings| settings.input |= InputFlags::IXANY);
    assert_eq!(shown(&mut terminal, b"\x13x"), "x");
    let mut terminal = usual();
    assert_eq!(shown(&mut terminal, b"\x13x"), "");
}

#[test]
fn a_signal_starts_the_output() {
    let mut terminal = usual();
    assert_eq!(shown(&mut terminal, b"\x13\x03"), "^C");
}

#[test]
fn no_character_starts_what_a_program_has_stopped() {
    let mut terminal = usual();
    terminal.stop_by_program();
    assert_eq!(shown(&mut terminal, b"a\x11\x03"), "");
    terminal.start_by_program();
    assert_eq!(sent(&mut terminal), "^C");
}

#[test]
fn without_flow_control_the_characters_are_read_and_what_was_stopped_starts() {
    let mut terminal = usual();
    types(&mut terminal, b"\x13a");
    let mut settings = terminal.settings().clone();
    settings.input -= InputFlags::IXON;
    terminal.set(settings);
    assert_eq!(sent(&mut terminal), "a");
    types(&mut terminal, b"\x13\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("a\x13\n"));
}

#[test]
fn a_program_sends_the_characters_of_flow_control() {
    let mut terminal = usual();
    terminal.send_flow_control(Special::Stop);
    terminal.send_flow_control(Special::Start);
    assert_eq!(sent(&mut terminal), "\x13\x11");
}

// Output.

/// What goes out if a program writes that.
fn written(output: OutputFlags, bytes: &[u8]) -> String {
    let mut terminal = with(|settings| settings.output = output);
    assert_eq!(terminal.write(bytes), bytes.len());
    sent(&mut terminal)
}

#[test]
fn a_newline_goes_out_with_a_carriage_return_if_asked_for() {
    assert_eq!(written(OutputFlags::OPOST | OutputFlags::ONLCR, b"a\nb"), "a\r\nb");
    assert_eq!(written(OutputFlags::OPOST, b"a\nb"), "a\nb");
    assert_eq!(written(OutputFlags::ONLCR, b"a\nb"), "a\nb");
}

#[test]
fn a_carriage_return_goes_out_as_a_newline_if_asked_for() {
    assert_eq!(written(OutputFlags::OPOST | OutputFlags::OCRNL, b"a\rb"), "a\nb");
}

#[test]
fn no_carriage_return_goes_out_in_the_first_column_if_told_so() {
    assert_eq!(written(OutputFlags::OPOST | OutputFlags::ONOCR, b"\ra\r\rb"), "a\rb");
}

#[test]
fn a_newline_counts_as_a_carriage_return_if_told_so() {
    let flags = OutputFlags::OPOST | OutputFlags::ONLRET | OutputFlags::ONOCR;
    assert_eq!(written(flags, b"abc\n\rd"), "abc\nd");
}

#[test]
fn letters_go_out_as_capitals_if_asked_for() {
    assert_eq!(written(OutputFlags::OPOST | OutputFlags::OLCUC, b"aBc"), "ABC");
}

#[test]
fn tabs_become_spaces_up_to_the_next_stop() {
    let flags = OutputFlags::OPOST | OutputFlags::XTABS | OutputFlags::ONLCR;
    assert_eq!(written(flags, b"\ta\tbc\n1234567\t8"), "        a       bc\r\n1234567 8");
}

#[test]
fn a_utf_8_character_takes_one_column_and_a_backspace_gives_one_back() {
    let mut terminal = with(|settings| {
        settings.output |= OutputFlags::XTABS;
        settings.input |= InputFlags::IUTF8;
    });
    terminal.write("€\t|\r123\x08\t|".as_bytes());
    assert_eq!(sent(&mut terminal), "€       |\r123\x08      |");
}

#[test]
fn a_newline_that_does_not_fit_as_a_whole_is_not_written() {
    let mut terminal = usual();
    let mut bytes = std::vec![b'x'; 3071];
    bytes.extend(b"\ny");
    assert_eq!(terminal.write(&bytes), 3071);
    sent(&mut terminal);
    assert_eq!(terminal.write(b"\ny"), 2);
    assert_eq!(sent(&mut terminal), "\r\ny");
}

// Without lines.

#[test]
fn without_lines_bytes_are_read_as_they_come() {
    let mut terminal = raw(1, 0);
    types(&mut terminal, b"a\x7f\x04\x15");
    assert_eq!(reads(&mut terminal, 2).unwrap(), b"a\x7f");
    assert_eq!(reads(&mut terminal, 9).unwrap(), b"\x04\x15");
    assert_eq!(reads(&mut terminal, 9), None);
}

#[test]
fn a_terminal_is_ready_when_the_minimum_has_come_unless_there_is_a_time() {
    let mut terminal = raw(3, 0);
    types(&mut terminal, b"ab");
    assert!(!terminal.is_ready());
    types(&mut terminal, b"c");
    assert!(terminal.is_ready());
    for (minimum, time) in [(3, 1), (0, 0), (0, 1)] {
        let mut terminal = raw(minimum, time);
        assert!(!terminal.is_ready());
        types(&mut terminal, b"a");
        assert!(terminal.is_ready(), "{minimum} {time}");
    }
}

#[test]
fn what_was_typed_is_readable_when_lines_end_and_one_line_when_they_begin() {
    let mut terminal = usual();
    types(&mut terminal, b"ab\ncd");
    let lines = terminal.settings().clone();
    terminal.set(raw(1, 0).settings().clone());
    assert_eq!(terminal.readable(), 5);
    assert_eq!(reads(&mut terminal, 1).unwrap(), b"a");
    terminal.set(lines);
    assert_eq!(reads(&mut terminal, 10).unwrap(), b"b\ncd");
    assert_eq!(reads(&mut terminal, 10), None);
}

#[test]
fn other_settings_leave_an_unfinished_line_unfinished() {
    let mut terminal = usual();
    types(&mut terminal, b"ab");
    let mut settings = terminal.settings().clone();
    settings.local -= LocalFlags::ECHO;
    terminal.set(settings);
    assert_eq!(line(&mut terminal), None);
    types(&mut terminal, b"\x7f\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("a\n"));
}

#[test]
fn a_bell_rings_for_what_finds_no_room_if_asked_for() {
    let mut terminal = raw(1, 0);
    let mut settings = terminal.settings().clone();
    settings.input |= InputFlags::IMAXBEL;
    terminal.set(settings);
    types(&mut terminal, &std::vec![b'x'; 4096]);
    assert_eq!((terminal.room(), sent(&mut terminal).as_str()), (0, "\x07"));
    assert_eq!(reads(&mut terminal, 5000).unwrap().len(), 4095);
}

#[test]
fn flushing_input_throws_lines_and_the_unfinished_one_away() {
    let mut terminal = usual();
    types(&mut terminal, b"one\ntwo\x16");
    terminal.flush_input();
    types(&mut terminal, b"\x03\n");
    assert_eq!(line(&mut terminal).as_deref(), Some("\n"));
}

#[test]
fn without_lines_only_what_was_a_carriage_return_is_shown_as_a_new_line() {
    let mut terminal = with(|settings| settings.local -= LocalFlags::ICANON);
    assert_eq!(shown(&mut terminal, b"a\rb\n"), "a\r\nb^J");
}

#[test]
fn a_signal_leaves_what_the_master_can_read() {
    let mut terminal = Discipline::try_new(Termios::default(), Wire::Master).unwrap();
    terminal.write(b"before");
    types(&mut terminal, b"\x13x");
    assert_eq!(types(&mut terminal, &[INTERRUPT]), [Signal::Interrupt]);
    assert_eq!(sent(&mut terminal), "before^C");
    terminal.write(b"more");
    terminal.flush_output();
    assert_eq!(terminal.sendable(), 4);
    terminal.flush_sent();
    assert_eq!(terminal.sendable(), 0);
}
