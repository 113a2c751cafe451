//! Properties over made-up cases. They are the same each time: a test that fails sometimes is no test.

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use tokio::runtime::{Builder, Runtime};

/// Steps that a failing case is made smaller by, each of which plays it once more.
const SMALLER: u32 = 100;

/// Plays so many cases, each on its own; a panic fails the property and shows its smallest case.
pub(crate) fn each_case<S: Strategy, P: Future<Output = ()>>(
    cases: u32,
    strategy: &S,
    play: impl Fn(S::Value) -> P,
) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    each_case_on(&runtime, cases, strategy, play);
}

/// The same on a runtime that outlives each case.
pub(crate) fn each_case_on<S: Strategy, P: Future<Output = ()>>(
    runtime: &Runtime,
    cases: u32,
    strategy: &S,
    play: impl Fn(S::Value) -> P,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: SMALLER,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
        .run(strategy, |case| {
            runtime.block_on(play(case));
            Ok(())
        })
        .unwrap();
}
