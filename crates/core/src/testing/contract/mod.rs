//! What every store must do, one sentence a clause.
//!
//! A store's tests call [`store_contract!`](crate::store_contract) with an async function that makes
//! an empty store; the macro emits one test per clause, so that a failure names the clause. Every
//! clause gets two handles to the same store ([`Pair`]), which may be two processes' worth apart.
#![allow(missing_docs, reason = "a clause's name is its sentence")]
#![allow(clippy::unwrap_used, reason = "a clause fails by panicking, like any test")]

pub mod accounts;
pub mod admission;
pub mod alerts;
pub mod archive;
pub mod budget;
pub mod claims;
pub mod data_keys;
pub mod documents;
pub mod due;
pub mod erasure;
pub mod house;
pub mod invites;
pub mod isolation;
pub(in crate::testing) mod samples;
pub mod tracks;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures::future::join_all;
use jiff::Timestamp;
use tokio::sync::Barrier;

use crate::ports::{
    Alerts, ArchiveLedger, Budget, DataKeys, Due, House, Invites, Sources, StoreResult, Tokens, Tracks, Users,
};

/// Everything a store can be asked to be.
pub trait Store:
    Users
    + Invites
    + Tokens
    + Sources
    + ArchiveLedger
    + Due
    + DataKeys
    + Tracks
    + Budget
    + Alerts
    + House
    + 'static
{
}

impl<S> Store for S where
    S: Users
        + Invites
        + Tokens
        + Sources
        + ArchiveLedger
        + Due
        + DataKeys
        + Tracks
        + Budget
        + Alerts
        + House
        + 'static
{
}

/// Two handles to one store.
#[derive(Debug)]
pub struct Pair<S> {
    /// The handle that most clauses use.
    pub one: Arc<S>,
    /// Another way to the same data; races alternate between the two.
    pub other: Arc<S>,
}

/// As many take part in a race.
const RACERS: usize = 16;

impl<S: Store> Pair<S> {
    /// Two handles to one store.
    pub fn new(one: S, other: S) -> Self {
        Self { one: Arc::new(one), other: Arc::new(other) }
    }

    /// Lets sixteen tasks do the same at once; answers what each got, in order of their number.
    async fn race<T, F>(&self, act: impl Fn(Arc<S>, usize) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let start = Arc::new(Barrier::new(RACERS));
        let racers = (0..RACERS).map(|number| {
            let store = if number % 2 == 0 { &self.one } else { &self.other };
            let (start, act) = (start.clone(), act(store.clone(), number));
            tokio::spawn(async move {
                start.wait().await;
                act.await
            })
        });
        let racers: Vec<_> = racers.collect();
        join_all(racers).await.into_iter().map(|racer| racer.unwrap()).collect()
    }
}

/// An instant in the week in which most clauses play: `10:30:05` on the 16th is `at(16, 10, 30, 5)`.
pub(in crate::testing) fn at(day: i8, hour: i8, minute: i8, second: i8) -> Timestamp {
    let date = jiff::civil::date(2026, 11, day).at(hour, minute, second, 0);
    date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
}

/// Monday at noon.
pub(in crate::testing) fn noon() -> Timestamp {
    at(16, 12, 0, 0)
}

/// Fails unless the store refused; nobody branches on why.
#[track_caller]
fn assert_refused<T: fmt::Debug>(outcome: StoreResult<T>) {
    if let Ok(done) = outcome {
        panic!("the store should have refused: {done:?}");
    }
}

/// Emits one test per clause of the contract.
///
/// `$make` is a path to an `async fn() -> (guard, Pair<S>)`; the guard is dropped after the clause.
#[macro_export]
macro_rules! store_contract {
    ($make:path) => {
        $crate::store_contract! { @clauses $make;
            accounts {
                a_listener_is_found_by_account_where_both_sides_know_it
                a_listener_is_found_by_user_name_where_one_side_knows_no_account
                an_equal_user_name_under_a_different_account_is_no_match
                an_account_learned_later_becomes_findable
                a_changed_user_name_becomes_findable_and_the_old_one_is_free
                two_listeners_cannot_share_a_spotify_id
                listeners_are_listed_in_order_of_id_page_by_page
            }
            admission {
                an_invitation_admits_once_with_its_role
                a_listener_comes_with_their_first_appointment
                of_sixteen_accounts_one_gets_the_invitation
                of_sixteen_callbacks_for_one_account_one_is_welcome
                one_account_with_two_invitations_uses_only_one
                an_expired_invitation_admits_nobody
                a_revoked_invitation_admits_nobody
                a_used_invitation_admits_nobody_else
                an_unknown_invitation_admits_nobody
                without_an_invitation_the_role_is_the_listeners_own
                a_known_listener_is_told_so_and_keeps_what_they_have
                the_user_name_of_another_account_is_an_error_that_leaves_the_invitation
                a_taken_id_is_an_error_that_leaves_the_invitation
            }
            invites {
                an_invitation_is_read_back_as_written
                an_invitation_is_created_once
                invitations_are_listed_newest_first
                an_invitation_is_withdrawn_once
                a_used_or_unknown_invitation_cannot_be_withdrawn
                an_invitation_is_either_used_or_withdrawn
            }
            documents {
                a_listener_is_written_under_the_version_read
                a_grant_is_written_under_the_version_read
                a_source_is_written_under_the_version_read
                a_generation_is_written_under_the_version_read
                a_target_is_written_under_the_version_read
                of_sixteen_writers_of_a_listener_one_wins
                of_sixteen_writers_of_a_grant_one_wins
                of_sixteen_writers_of_a_source_one_wins
                of_sixteen_writers_of_a_generation_one_wins
                of_sixteen_writers_of_a_target_one_wins
                a_source_is_created_once
                a_generation_is_created_once
                a_target_is_created_once
                of_sixteen_creators_of_a_source_one_wins
                of_sixteen_creators_of_a_generation_one_wins
                of_sixteen_creators_of_a_target_one_wins
                a_listener_and_a_grant_are_created_by_admission_only
                a_grant_is_read_back_in_every_state
                sixteen_counters_lose_no_increment
            }
            archive {
                sources_are_listed_in_order_of_id
                generations_are_listed_newest_first_page_by_page
                targets_are_listed_in_order_of_key
                large_documents_and_unusual_characters_come_back_whole
                runs_are_listed_newest_first
                a_run_noted_again_replaces_the_note
                the_newest_hundred_runs_are_kept_and_old_ones_go
                nothing_is_created_for_a_stranger
            }
            due {
                work_is_on_the_calendar_once_and_moves_earlier_only
                work_is_claimed_when_due_longest_due_first
                a_claim_takes_no_more_than_its_limit
                kinds_are_apart
                work_with_and_without_a_source_are_different
                finished_work_is_due_at_the_next_time
                finished_work_without_a_next_time_is_off_the_calendar
                work_off_the_calendar_can_come_back
                the_next_due_time_of_held_work_is_the_end_of_its_lease
                instants_are_kept_to_the_nanosecond
            }
            claims {
                held_work_is_left_alone
                an_abandoned_lease_can_be_claimed_under_a_higher_fence
                a_stale_fence_finishes_nothing
                a_claim_is_finished_once
                a_late_holder_whom_nobody_replaced_may_finish
                fences_grow_although_work_left_the_calendar
                a_piece_is_claimed_now_whether_due_or_not
                a_wish_made_during_a_claim_survives_its_end
                a_wish_made_during_a_claim_survives_a_dead_holder
                the_time_before_a_claim_is_no_wish
                sixteen_claimers_never_share
                of_sixteen_who_claim_one_piece_one_gets_it
                work_handed_on_is_taken_over_once
                work_handed_on_too_late_is_somebody_elses
                a_wish_made_while_work_is_handed_on_survives
            }
            budget {
                calls_add_up_and_unused_ones_come_back
                a_slot_given_back_too_much_counts_as_zero
                sixteen_spenders_lose_no_call
                slots_are_listed_in_order_from_an_instant_on
                a_lock_keeps_its_later_end
                a_lock_ends
            }
            tracks {
                a_track_is_read_back_until_it_expires
                a_track_cached_again_is_replaced
                unknown_and_repeated_uris_are_no_trouble
                many_tracks_are_cached_and_read_at_once
            }
            data_keys {
                a_data_key_is_stored_once_and_the_stored_one_is_answered
                sixteen_creators_of_a_data_key_get_the_same
                data_keys_are_listed_oldest_first_and_the_newest_is_known
                a_data_key_is_wrapped_anew_in_place
            }
            alerts {
                an_alert_is_raised_once_under_its_key
                of_sixteen_who_raise_an_alert_one_is_told_it_is_new
                alerts_are_listed_newest_first
                an_alert_is_acknowledged_once
                a_listener_acknowledges_only_their_own
                an_acknowledged_alert_is_not_raised_again
            }
            erasure {
                everything_of_a_listener_is_erased_and_counted
                the_other_listener_is_untouched
                the_account_may_sign_up_again
                whoever_still_works_for_an_erased_listener_leaves_nothing_behind
                a_stranger_has_nothing_to_erase
                of_sixteen_erasures_one_finds_the_account
            }
            house {
                a_new_house_is_open
                the_standing_is_written_under_the_version_read
                of_sixteen_who_close_the_house_one_does
                appointments_are_listed_as_they_stand_in_order_of_work
                work_is_restored_as_it_stood_elsewhere
                restored_work_keeps_the_higher_fence
                held_work_is_not_restored
                nothing_is_restored_for_a_stranger
                a_slot_counts_at_least_what_was_brought
                the_operators_alerts_are_listed_alone
                an_alert_raised_as_seen_is_seen
                cached_tracks_tell_their_end
                a_listener_is_admitted_with_their_past
                a_used_invitation_comes_in_and_goes_with_its_listener
            }
            isolation {
                sources_of_two_listeners_never_meet
                generations_of_two_listeners_and_of_two_sources_never_meet
                targets_of_two_listeners_never_meet
                runs_of_two_listeners_never_meet
                work_of_two_listeners_never_meets
                alerts_of_two_listeners_never_meet
                grants_of_two_listeners_never_meet
            }
        }
    };
    (@clauses $make:path; $($group:ident { $($clause:ident)* })*) => {
        $(mod $group {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $clause() {
                let (_guard, pair) = $make().await;
                $crate::testing::contract::$group::$clause(pair).await;
            })*
        })*
    };
}

#[cfg(test)]
mod tests {
    use super::Pair;
    use crate::testing::MemoryStore;

    #[expect(clippy::unused_async, reason = "other stores await")]
    pub(super) async fn memory() -> ((), Pair<MemoryStore>) {
        let store = MemoryStore::new();
        ((), Pair::new(store.clone(), store))
    }

    crate::store_contract!(super::memory);

    #[test]
    fn every_clause_is_emitted() {
        let macro_text = include_str!("mod.rs");
        let files = [
            include_str!("accounts.rs"),
            include_str!("admission.rs"),
            include_str!("alerts.rs"),
            include_str!("archive.rs"),
            include_str!("budget.rs"),
            include_str!("claims.rs"),
            include_str!("data_keys.rs"),
            include_str!("documents.rs"),
            include_str!("due.rs"),
            include_str!("erasure.rs"),
            include_str!("house.rs"),
            include_str!("invites.rs"),
            include_str!("isolation.rs"),
            include_str!("tracks.rs"),
        ];
        for line in files.iter().flat_map(|file| file.lines()) {
            let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
            let name = rest.split(['<', '(']).next().unwrap();
            assert!(macro_text.contains(&format!(" {name}\n")), "{name} is not in store_contract!");
        }
    }
}
