//! A bank with many accounts, many tellers and one ledger: what a threaded program looks like.
//!
//! Accounts are locks of one class, ordered by their numbers, so that a transfer takes both in one order whichever way the
//! money goes. The ledger ranks inside of them. Tellers are threads of a scope; a thread that waits for the day's end holds nothing.
//!
//! Try it the other way round: acquire an account while the ledger is held, and the program does not compile.

use lockorder::host::{self, Condvar, Mutex};
use lockorder::{Before, Held, MaySleep, hierarchy, with_root};

hierarchy! {
    /// The bank's locks.
    pub hierarchy BANK;
    /// Money.
    pub level Accounts = 10 {
        /// The balance of one account; several by account number.
        pub class Account = 0, order = key;
    }
    /// Books.
    pub level Books = 20 {
        /// How many transfers there have been, and whether the day is over.
        pub class Ledger = 0;
    }
}

/// One account: its number orders it among the others.
type AccountLock = Mutex<Account, i64>;

/// What the bank writes down.
#[derive(Debug, Default)]
struct Day {
    transfers: u64,
    over: bool,
}

/// The bank.
struct Bank {
    accounts: Vec<AccountLock>,
    ledger: Mutex<Ledger, Day>,
    closed: Condvar,
}

impl Bank {
    /// As many accounts, each with this much money.
    fn new(accounts: u64, money: i64) -> Self {
        Self {
            accounts: (0..accounts).map(|number| Mutex::with_key(number, money)).collect(),
            ledger: Mutex::new(Day::default()),
            closed: Condvar::new(),
        }
    }

    /// Transfers money and writes it down. The caller may hold whatever ranks outside of accounts.
    fn transfer<H: Before<Account>, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        from: usize,
        to: usize,
        money: i64,
    ) -> Result<(), lockorder::LockSetError> {
        let mut held = held.below::<Account>();
        let mut held = held.to_task();
        let mut both = held.lock_pair(&self.accounts[from], &self.accounts[to])?;
        let ([from, to], mut held) = both.split();
        *from -= money;
        *to += money;
        held.with(&self.ledger, |day, _| day.transfers += 1);
        Ok(())
    }

    /// All the money there is: acquires every account at once.
    fn money(&self, held: &mut Held<'_, lockorder::Nothing, lockorder::Task>) -> i64 {
        let mut accounts: Vec<_> = self.accounts.iter().collect();
        let mut all = held.lock_slice(&mut accounts).expect("each account has its own number");
        all.split().0.iter_mut().map(|money| *money).sum()
    }
}

fn main() {
    const TELLERS: usize = 4;
    const TRANSFERS: usize = 1_000;
    let bank = Bank::new(8, 100);
    with_root(|mut held| {
        host::scope(&mut held, |scope, held| {
            for teller in 0..TELLERS {
                let bank = &bank;
                scope.spawn(move |mut held| {
                    for round in 0..TRANSFERS {
                        let (from, to) = ((teller + round) % 8, (teller * 3 + round * 5 + 1) % 8);
                        // The same account twice is an error value: nothing is acquired, nothing hangs.
                        let _ = bank.transfer(&mut held, from, to, 1);
                    }
                    if teller == 0 {
                        held.with(&bank.ledger, |day, _| day.over = true);
                        bank.closed.notify_all();
                    }
                });
            }
            let ledger = held.lock(&bank.ledger);
            let day = bank.closed.wait_until(ledger, |day| day.over);
            assert!(day.transfers > 0);
        });
        assert_eq!(bank.money(&mut held), 800, "no money was lost");
        let transfers = held.with(&bank.ledger, |day, _| day.transfers);
        println!("{transfers} transfers, and all the money is there");
    });
}
