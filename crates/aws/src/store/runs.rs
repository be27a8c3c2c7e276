//! What runs did. They are kept on pages of thirty-two: a run then costs one unit to note, not four,
//! since only a new page has to make sure that its listener exists, and old runs go a page at a time.

use std::cmp::Reverse;

use reprise_core::ports::{RUNS_KEPT, Run, StoreResult, Version};
use reprise_domain::ids::UserId;

use super::DynamoStore;
use super::change::Change;
use super::document::{Body, value};
use super::item::{Item, Read, n};
use super::keys::{Key, RUNS_PREFIX, listener};
use super::query::Query;

/// As many runs on one page; packed they stay about a kilobyte.
const PAGE: usize = 32;

/// How many runs a page holds, beside the document, for those who only count.
pub(crate) const COUNT: &str = "runs";

/// Some runs of a listener.
#[derive(Debug, Clone, PartialEq)]
struct Page {
    number: u32,
    version: Version,
    runs: Vec<Run>,
}

/// What is to be written for one more run.
#[derive(Debug, PartialEq)]
struct Noted {
    page: Page,
    /// Pages that nobody needs any more.
    old: Vec<u32>,
}

/// Puts a run in place of its earlier note, or on the newest page, or on a new one.
fn note(pages: &[Page], run: &Run) -> Noted {
    let same = |noted: &Run| noted.at == run.at && noted.source == run.source;
    if let Some(page) = pages.iter().find(|page| page.runs.iter().any(same)) {
        let mut page = page.clone();
        page.runs.iter_mut().filter(|noted| same(noted)).for_each(|noted| *noted = run.clone());
        return Noted { page, old: Vec::new() };
    }
    if let Some(page) = pages.iter().max_by_key(|page| page.number).filter(|page| page.runs.len() < PAGE) {
        let mut page = page.clone();
        page.runs.push(run.clone());
        return Noted { page, old: Vec::new() };
    }
    let number = pages.iter().map(|page| page.number + 1).max().unwrap_or(1);
    let mut newest: Vec<&Run> = pages.iter().flat_map(|page| &page.runs).chain([run]).collect();
    newest.sort_by_key(|run| Reverse(order(run)));
    newest.truncate(RUNS_KEPT);
    let is_old = |page: &&Page| !page.runs.iter().any(|run| newest.contains(&run));
    let old = pages.iter().filter(is_old).map(|page| page.number).collect();
    Noted { page: Page { number, version: Version::NEW, runs: vec![run.clone()] }, old }
}

fn order(run: &Run) -> (jiff::Timestamp, &str) {
    (run.at, run.source.as_str())
}

fn page(item: &Item, operation: &'static str) -> StoreResult<Page> {
    let read = Read::new(item, operation);
    let number =
        Key::of(item, operation)?.sk.strip_prefix(RUNS_PREFIX).and_then(|number| number.parse().ok());
    Ok(Page {
        number: number.ok_or_else(|| read.odd("sk"))?,
        version: read.version()?.ok_or_else(|| read.odd("v"))?,
        runs: value(item, operation)?,
    })
}

impl DynamoStore {
    async fn pages(&self, operation: &'static str, user: &UserId) -> StoreResult<Vec<Page>> {
        let theirs = Query::partition(listener(user)).and("begins_with(#sk, :at)", RUNS_PREFIX);
        let items = theirs.items(self, operation, usize::MAX).await?;
        items.iter().map(|item| page(item, operation)).collect()
    }

    pub(super) async fn note_run(&self, user: &UserId, run: &Run) -> StoreResult<()> {
        let operation = "note a run";
        loop {
            let Noted { page, old } = note(&self.pages(operation, user).await?, run);
            let change = Change::of(Key::runs(user, page.number))
                .document(Body::of(&page.runs, operation)?)
                .set(COUNT, n(page.runs.len()))
                .under(page.version);
            let outcome = match page.version {
                Version::NEW => self.create_theirs(operation, user, change).await?,
                _ => change.send(self, operation).await?,
            };
            if outcome.is_done() {
                let old = old.into_iter().map(|number| Key::runs(user, number)).collect();
                return self.delete_all(operation, old).await;
            }
            // Another run of theirs was noted meanwhile; or they are being erased, and the next look
            // finds no page.
        }
    }

    pub(super) async fn newest_runs(&self, user: &UserId, limit: usize) -> StoreResult<Vec<Run>> {
        let pages = self.pages("list runs", user).await?;
        let mut runs: Vec<Run> = pages.into_iter().flat_map(|page| page.runs).collect();
        runs.sort_by(|a, b| order(b).cmp(&order(a)));
        runs.truncate(limit);
        Ok(runs)
    }
}

#[cfg(test)]
mod tests {
    use reprise_core::ports::RunOutcome;
    use reprise_domain::ids::SourceId;

    use super::*;

    fn run(minute: i64, source: &str) -> Run {
        let at = jiff::Timestamp::from_second(minute * 60).unwrap();
        Run { at, source: SourceId::new(source), calls: 1, outcome: RunOutcome::NothingNew }
    }

    /// Notes a run as the store would.
    fn noted(pages: &mut Vec<Page>, run: &Run) {
        let Noted { mut page, old } = note(pages, run);
        page.version = page.version.next();
        pages.retain(|known| known.number != page.number && !old.contains(&known.number));
        pages.push(page);
    }

    fn after(runs: impl Iterator<Item = i64>) -> Vec<Page> {
        let mut pages = Vec::new();
        runs.for_each(|minute| noted(&mut pages, &run(minute, "a")));
        pages
    }

    fn kept(pages: &[Page]) -> Vec<i64> {
        let mut kept: Vec<_> =
            pages.iter().flat_map(|page| &page.runs).map(|run| run.at.as_second() / 60).collect();
        kept.sort_unstable();
        kept
    }

    #[test]
    fn a_page_is_filled_before_the_next_begins() {
        let pages = after(0..33);
        let sizes: Vec<_> = pages.iter().map(|page| (page.number, page.runs.len())).collect();
        assert_eq!(sizes, [(1, 32), (2, 1)]);
    }

    #[test]
    fn the_newest_hundred_stay_and_a_page_goes_when_none_of_its_runs_is_among_them() {
        let pages = after(0..1_000);
        let kept = kept(&pages);
        assert!(kept.len() >= RUNS_KEPT && kept.len() <= RUNS_KEPT + 2 * PAGE, "{}", kept.len());
        assert!(kept.ends_with(&(900..1_000).collect::<Vec<_>>()));
    }

    #[test]
    fn runs_that_come_in_out_of_order_keep_the_newest_all_the_same() {
        let pages = after((0..300).rev());
        let kept = kept(&pages);
        assert!(kept.ends_with(&(200..300).collect::<Vec<_>>()), "{kept:?}");
    }

    #[test]
    fn a_run_noted_again_is_replaced_on_whatever_page_it_is() {
        let mut pages = after(0..40);
        let again = Run { calls: 9, ..run(3, "a") };
        noted(&mut pages, &again);
        assert_eq!(kept(&pages).len(), 40);
        assert!(pages.iter().any(|page| page.runs.contains(&again)));
        noted(&mut pages, &run(3, "b"));
        assert_eq!(kept(&pages).len(), 41);
    }
}
