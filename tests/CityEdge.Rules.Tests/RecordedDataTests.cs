using System.Globalization;
using CityEdge.Contracts;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>Ten weeks of a machine's temperature with known failures (NAB): the engine against a few lines that know nothing of it.</summary>
public class RecordedDataTests
{
    [Fact]
    public void A_hold_with_hysteresis_gives_the_intervals_of_an_independent_computation()
    {
        var file = Path.Combine(Shared(), "data", "nab", "data", "realKnownCause", "machine_temperature_system_failure.csv");
        Assert.SkipUnless(File.Exists(file), "the recorded data are not beside the repository");
        var rows = File.ReadLines(file).Skip(1).Select(line => line.Split(',')).Select(cells => (
            Time: DateTimeOffset.ParseExact(cells[0], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds(),
            Value: double.Parse(cells[1], CultureInfo.InvariantCulture))).ToList();

        var bench = new RuleBench(new RuleEngineOptions { MaxAge = null }, Yaml("raise: [ { severity: P3, when: \"value < 70\", for: 30m } ]\nclear: { when: \"value >= 72\", for: 20m }\nmax_gap: 1d")).Point();
        foreach (var (time, value) in rows) bench.Engine.Apply(new Reading(Room, time, ReadingValue.FromNumber(value), null), Ms(0) + 1, bench.Output);
        var actual = bench.Output.Where(t => t.Change is AlarmChange.Raised or AlarmChange.Cleared).Select(t => (t.Change == AlarmChange.Raised, t.AtMs)).ToList();

        // The reference: a hold of N minutes has elapsed when, at some reading or between two, the condition has been true since then without a reading that says otherwise.
        const long Raise = 30 * Minute, Clear = 20 * Minute;
        var expected = new List<(bool, long)>();
        var (open, since, last) = (false, (long?)null, long.MinValue);
        foreach (var (time, value) in rows)
        {
            if (time <= last) continue;
            last = time;
            var (wanted, hold) = open ? (value >= 72, Clear) : (value < 70, Raise);
            // What was due before this reading happened whatever it says; at the same instant it must agree.
            if (since is { } from && (from + hold < time || (from + hold == time && wanted)))
            {
                open = !open;
                expected.Add((open, from + hold));
                since = null;
                (wanted, hold) = open ? (value >= 72, Clear) : (value < 70, Raise);
            }
            since = wanted ? since ?? time : null;
        }
        Assert.True(expected.Count > 20, $"only {expected.Count} transitions: the limits do not exercise the rule");
        Assert.Equal(expected, actual);
        Assert.Equal(rows.Count - rows.Aggregate((Count: 0, Last: long.MinValue), (a, row) => row.Time > a.Last ? (a.Count + 1, row.Time) : a).Count, bench.Engine.IgnoredReadings);
    }

    internal static string Shared()
    {
        if (Environment.GetEnvironmentVariable("CITYEDGE_SHARED") is { Length: > 0 } given) return given;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CityEdge.sln"))) return Path.Combine(folder.Parent!.FullName, "shared");
        }
        return "";
    }
}
