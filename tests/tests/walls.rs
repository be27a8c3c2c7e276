//! Who may use whom, held against what cargo itself says of the workspace.
#![expect(clippy::unwrap_used, reason = "metadata that cannot be read fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, PackageId};

/// What one crate of ours may use.
struct Wall {
    name: &'static str,
    /// Crates of ours that it may use; for tests, `spotify-sim` may join them.
    ours: &'static [&'static str],
    /// Of these, the ones that must be optional.
    optional: &'static [&'static str],
    /// Crates of others that must not be reachable from it, by the beginning of their names.
    never: &'static [&'static str],
    why: &'static str,
}

const RUNTIMES: &[&str] = &[
    "tokio",
    "async-std",
    "smol",
    "futures",
    "hyper",
    "http",
    "reqwest",
    "axum",
    "tower",
    "h2",
    "ring",
    "sqlx",
    "libsqlite3",
    "aws-",
];
const STORES_AND_PAGES: &[&str] =
    &["axum", "maud", "cookie", "sqlx", "libsqlite3", "rusqlite", "aws-", "clap"];
const STORES: &[&str] = &["sqlx", "libsqlite3", "rusqlite", "aws-", "clap"];
const PAGES: &[&str] = &["axum", "maud", "cookie", "aws-", "clap"];
/// What a store on AWS has no use for.
const OTHER_STORES_AND_PAGES: &[&str] = &["axum", "maud", "cookie", "sqlx", "libsqlite3", "rusqlite", "clap"];
const ALL_OURS: &[&str] =
    &["reprise-domain", "reprise-core", "reprise-sql", "reprise-aws", "reprise-web", "spotify-sim"];

const WALLS: &[Wall] = &[
    Wall {
        name: "reprise-domain",
        ours: &[],
        optional: &[],
        never: RUNTIMES,
        why: "the rules are pure: no I/O, no runtime, no HTTP",
    },
    Wall {
        name: "reprise-core",
        ours: &["reprise-domain"],
        optional: &[],
        never: STORES_AND_PAGES,
        why: "use cases see ports; stores, pages and commands see use cases",
    },
    Wall {
        name: "reprise-sql",
        ours: &["reprise-domain", "reprise-core"],
        optional: &[],
        never: PAGES,
        why: "a store knows the ports it implements, and no page",
    },
    Wall {
        name: "reprise-aws",
        ours: &["reprise-domain", "reprise-core"],
        optional: &[],
        never: OTHER_STORES_AND_PAGES,
        why: "a store knows the ports it implements, and neither a page nor another store",
    },
    Wall {
        name: "reprise-web",
        ours: &["reprise-domain", "reprise-core"],
        optional: &[],
        never: STORES,
        why: "pages know use cases, and no store",
    },
    Wall {
        name: "spotify-sim",
        ours: &[],
        optional: &[],
        never: STORES,
        why: "a double that shared code with what it tests would share its mistakes",
    },
    Wall {
        name: "reprise",
        ours: ALL_OURS,
        optional: &["spotify-sim", "reprise-aws"],
        never: &[],
        why: "the binary puts the parts together; the simulator is for its demo only, and AWS for those who ask",
    },
    Wall {
        name: "reprise-lambda",
        ours: &["reprise-domain", "reprise-core", "reprise-aws", "reprise-web"],
        optional: &[],
        never: &["sqlx", "libsqlite3", "rusqlite", "clap"],
        why: "a function turns events into use cases; it has one store, and no command line",
    },
    Wall {
        name: "reprise-tests",
        ours: ALL_OURS,
        optional: &[],
        never: &[],
        why: "whole-system stories may use everything, and nothing may use them",
    },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// In what is shipped: normal and build dependencies.
    Shipped { optional: bool },
    /// In its tests only.
    Tests,
}

/// Who uses whom: members' own declarations, and every package reachable from a member.
#[derive(Clone)]
struct Graph {
    declared: BTreeSet<(String, String, Use)>,
    reachable: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Graph {
    fn of_workspace() -> Self {
        Self::with(CargoOpt::AllFeatures)
    }

    fn with(features: CargoOpt) -> Self {
        let metadata = metadata(features);
        let members = metadata.workspace_packages();
        let declared = members
            .iter()
            .flat_map(|package| {
                package.dependencies.iter().map(|dependency| {
                    let kind = match dependency.kind {
                        DependencyKind::Development => Use::Tests,
                        _ => Use::Shipped { optional: dependency.optional },
                    };
                    (package.name.to_string(), dependency.name.clone(), kind)
                })
            })
            .collect();
        let reachable =
            members.iter().map(|package| (package.name.to_string(), reach(&metadata, &package.id))).collect();
        Self { declared, reachable }
    }
}

/// As cargo resolved it for this machine, from what is here already.
fn metadata(features: CargoOpt) -> Metadata {
    let version = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .features(features)
        .other_options(["--offline", "--filter-platform", host].map(str::to_owned).to_vec())
        .exec()
        .unwrap()
}

/// Every package that `from` ships with, each with the way to it.
fn reach(metadata: &Metadata, from: &PackageId) -> BTreeMap<String, Vec<String>> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let mut found = BTreeMap::new();
    let mut ways = vec![(from, vec![metadata[from].name.to_string()])];
    while let Some((id, way)) = ways.pop() {
        let node = resolve.nodes.iter().find(|node| &node.id == id).unwrap();
        for next in &node.deps {
            let shipped = next.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development);
            let name = metadata[&next.pkg].name.to_string();
            if shipped && !found.contains_key(&name) {
                let way: Vec<_> = way.iter().cloned().chain([name.clone()]).collect();
                found.insert(name, way.clone());
                ways.push((&next.pkg, way));
            }
        }
    }
    found
}

/// Every breach: which edge, and the rule against it.
fn breaches(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for name in graph.reachable.keys() {
        if !WALLS.iter().any(|wall| wall.name == *name) {
            found.push(format!("{name} stands within no wall: give it a row in tests/tests/walls.rs"));
        }
    }
    for wall in WALLS {
        let Wall { name, why, .. } = wall;
        let ours = |used: &str| graph.reachable.contains_key(used);
        for (_, used, kind) in graph.declared.iter().filter(|(user, used, _)| user == name && ours(used)) {
            let allowed = wall.ours.contains(&used.as_str());
            let breach = match kind {
                Use::Tests => !allowed && used != name && used != "spotify-sim",
                Use::Shipped { optional } => {
                    !allowed || (!optional && wall.optional.contains(&used.as_str()))
                }
            };
            if breach {
                found.push(format!("{name} -> {used} ({kind:?}): {why}"));
            }
        }
        for (used, way) in graph.reachable.get(*name).into_iter().flatten() {
            if wall.never.iter().any(|start| matches(used, start)) {
                found.push(format!("{}: {why}", way.join(" -> ")));
            }
        }
    }
    found
}

/// `tokio` means `tokio` and `tokio-util`, not `tokio2`; `aws-` means all that begins so.
fn matches(name: &str, start: &str) -> bool {
    // rustls' other provider is not a cloud.
    let rest = name.strip_prefix(start).filter(|_| !name.starts_with("aws-lc"));
    rest.is_some_and(|rest| rest.is_empty() || start.ends_with('-') || rest.starts_with(['-', '_']))
}

#[test]
fn nobody_uses_what_they_must_not_know() {
    let found = breaches(&Graph::of_workspace());
    assert!(found.is_empty(), "walls are breached:\n  {}", found.join("\n  "));
}

/// Whoever runs Reprise at home gets nothing of AWS, unless they ask for it.
#[test]
fn the_binary_reaches_aws_only_where_that_is_asked_for() {
    let usual = Graph::with(CargoOpt::SomeFeatures(Vec::new()));
    let reached: Vec<_> = usual.reachable["reprise"].keys().filter(|used| matches(used, "aws-")).collect();
    assert!(reached.is_empty(), "{reached:?}");
    // It would be seen: the store on AWS reaches it.
    assert!(usual.reachable["reprise-aws"].keys().any(|used| matches(used, "aws-")));
}

/// A wall that stops nothing is none: each of these edges, added to the real graph, must be named.
#[test]
fn every_wall_stops_who_runs_against_it() {
    let real = Graph::of_workspace();
    let shipped = Use::Shipped { optional: false };
    let ours: [(&str, &str, Use); 14] = [
        ("reprise-domain", "reprise-core", shipped),
        ("reprise-core", "reprise-sql", shipped),
        ("reprise-core", "reprise-sql", Use::Tests),
        ("reprise-sql", "reprise-web", shipped),
        ("reprise-aws", "reprise-sql", Use::Tests),
        ("reprise-web", "reprise-aws", shipped),
        ("reprise-web", "reprise-sql", Use::Tests),
        ("reprise-web", "spotify-sim", shipped),
        ("spotify-sim", "reprise-domain", Use::Tests),
        ("reprise", "spotify-sim", shipped),
        ("reprise", "reprise-aws", shipped),
        ("reprise", "reprise-tests", Use::Tests),
        ("reprise-lambda", "reprise-sql", shipped),
        ("reprise-lambda", "reprise", Use::Tests),
    ];
    for (user, used, kind) in ours {
        let mut graph = real.clone();
        graph.declared.insert((user.to_owned(), used.to_owned(), kind));
        let found = breaches(&graph);
        assert!(
            found.iter().any(|breach| breach.starts_with(&format!("{user} -> {used}"))),
            "{user} -> {used}: {found:?}"
        );
    }
    let others = [
        ("reprise-domain", "tokio"),
        ("reprise-domain", "http-body"),
        ("reprise-core", "axum"),
        ("reprise-core", "axum-core"),
        ("reprise-core", "sqlx-sqlite"),
        ("reprise-core", "aws-sdk-dynamodb"),
        ("reprise-sql", "maud"),
        ("reprise-aws", "libsqlite3-sys"),
        ("reprise-web", "sqlx"),
        ("spotify-sim", "rusqlite"),
        ("reprise-lambda", "libsqlite3-sys"),
    ];
    for (user, used) in others {
        let mut graph = real.clone();
        let way = vec![user.to_owned(), "some-helper".to_owned(), used.to_owned()];
        graph.reachable.get_mut(user).unwrap().insert(used.to_owned(), way);
        let found = breaches(&graph);
        assert!(
            found.iter().any(|breach| breach.contains(&format!("some-helper -> {used}"))),
            "{user} -> {used}: {found:?}"
        );
    }
    let mut graph = real;
    graph.reachable.insert("newcomer".to_owned(), BTreeMap::new());
    assert!(breaches(&graph).iter().any(|breach| breach.starts_with("newcomer stands within no wall")));
}
