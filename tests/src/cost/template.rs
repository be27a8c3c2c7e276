//! What `template.yaml` makes by default, as far as it is paid for.

use std::collections::BTreeSet;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");

/// Settings and resources of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Memory of the pages, in megabytes.
    pub web_mb: f64,
    /// Memory of dispatcher and workers.
    pub archive_mb: f64,
    /// Between two ticks, in minutes.
    pub tick_minutes: f64,
    /// Parts of the index of due work.
    pub partitions: f64,
    /// Workers side by side.
    pub workers: f64,
    /// A dispatcher's time-out in seconds.
    pub dispatcher_seconds: f64,
    /// Alarms.
    pub alarms: f64,
    /// Metrics of our own.
    pub metrics: f64,
    /// Dashboards.
    pub dashboards: f64,
    /// Keys.
    pub keys: f64,
}

impl Template {
    /// Reads the template.
    pub fn read() -> Self {
        let text = std::fs::read_to_string(FILE).unwrap_or_else(|error| panic!("{FILE}: {error}"));
        Self::of(&text)
    }

    fn of(text: &str) -> Self {
        let made =
            |kind: &str| count(text.lines().filter(|line| line.trim() == format!("Type: {kind}")).count());
        let schedule = default(text, "ArchiveSchedule");
        let minutes = schedule.strip_prefix("rate(").and_then(|rest| rest.split(' ').next());
        Self {
            web_mb: number(default(text, "WebMemory")),
            archive_mb: number(default(text, "ArchiveMemory")),
            tick_minutes: number(minutes.unwrap_or(schedule)),
            partitions: number(default(text, "DuePartitions")),
            workers: number(default(text, "WorkerConcurrency")),
            dispatcher_seconds: number(property(text, "ArchiveDispatcher", "Timeout")),
            alarms: made("AWS::CloudWatch::Alarm"),
            metrics: count(metrics(text).len()),
            dashboards: made("AWS::CloudWatch::Dashboard"),
            keys: made("AWS::KMS::Key"),
        }
    }
}

/// The lines of a block that begins with `name:` in the second column.
fn block<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let head = format!("  {name}:");
    let mut lines = text.lines().skip_while(move |line| *line != head);
    assert!(lines.next().is_some(), "{FILE} has no {name}");
    lines.take_while(|line| line.is_empty() || line.starts_with("   "))
}

/// A property of a resource or parameter, however deep.
fn property<'a>(text: &'a str, name: &str, property: &str) -> &'a str {
    let wanted = format!("{property}: ");
    let found = block(text, name).find_map(|line| line.trim().strip_prefix(&wanted));
    found.unwrap_or_else(|| panic!("{FILE}: {name} has no {property}"))
}

fn default<'a>(text: &'a str, parameter: &str) -> &'a str {
    property(text, parameter, "Default").trim_matches('"')
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{FILE}: {text} is no number"))
}

fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap_or(u32::MAX))
}

/// Names of metrics in our own namespace that an alarm or the dashboard shows. In a dashboard's list "."
/// means the same as in the line before.
fn metrics(text: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let (mut ours, mut alarm) = (false, false);
    for line in text.lines().map(str::trim) {
        if let Some(namespace) = line.strip_prefix("Namespace: ") {
            alarm = namespace == "Reprise";
        } else if let Some(name) = line.strip_prefix("MetricName: ").filter(|_| alarm) {
            names.insert(name);
        } else if line.starts_with("[\"") {
            let mut parts = line.split('"').skip(1).step_by(2);
            let (namespace, name) = (parts.next().unwrap_or_default(), parts.next());
            ours = namespace == "Reprise" || namespace == "." && ours;
            names.extend(name.filter(|_| ours));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
Parameters:
  WebMemory:
    Description: Megabytes.
    Default: 256
  ArchiveMemory:
    Default: 128
  ArchiveSchedule:
    Default: rate(15 minutes)
  DuePartitions:
    Default: 16
  WorkerConcurrency:
    Default: 2

Resources:
  ArchiveDispatcher:
    Type: AWS::Serverless::Function
    Properties:

      Timeout: 60
  Key:
    Type: AWS::KMS::Key
  OneAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: NotOurs
  OtherAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: Reprise
      MetricName: WeeksMissing
  Dashboard:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardBody: |
              "metrics": [
                ["Reprise", "RunsDone", "Deployment", "x"],
                [".", "WeeksMissing", ".", "."]
              ]
                ["AWS/Lambda", "Invocations", "FunctionName", "x"],
                [".", "Errors", ".", "."]
"#;

    #[test]
    fn a_template_tells_what_is_paid_for() {
        let read = Template::of(TEXT);
        let expected = Template {
            web_mb: 256.0,
            archive_mb: 128.0,
            tick_minutes: 15.0,
            partitions: 16.0,
            workers: 2.0,
            dispatcher_seconds: 60.0,
            alarms: 2.0,
            metrics: 2.0,
            dashboards: 1.0,
            keys: 1.0,
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn the_real_one_can_be_read() {
        let template = Template::read();
        assert!(template.alarms >= 1.0 && template.metrics >= 1.0, "{template:?}");
    }
}
