//! The pack `accompany` as it ships: what it makes of solos that nobody trained on, and of what is no solo
//! at all.

mod band;
mod controls;
#[path = "../promises/deck.rs"]
#[allow(dead_code)]
mod deck;
#[path = "../shipped/host.rs"]
#[allow(dead_code)]
mod host;
mod solos;
mod strange;

stage::count_system_allocations!();
