using CityEdge.Bench.Anomaly;

namespace CityEdge.Rules.Tests;

public class LearnedNormalTests
{
    private const long Step = 300_000;

    [Fact]
    public void A_spike_far_outside_a_quiet_day_is_told_once()
    {
        var normal = new LearnedNormal();
        for (var i = 0; i < 2000; i++) Assert.True(normal.Observe(i * Step, Daily(i)) < LearnedNormal.Threshold);
        Assert.True(normal.Observe(2000 * Step, 100) >= LearnedNormal.Threshold);
        Assert.Contains("99.9 %", normal.Explain(), StringComparison.Ordinal);
        for (var i = 1; i <= LearnedNormal.Episode; i++) Assert.True(normal.Observe((2000 + i) * Step, 100) < LearnedNormal.Threshold);
    }

    [Fact]
    public void Learning_constants_and_values_that_are_no_numbers_score_nothing()
    {
        var normal = new LearnedNormal();
        for (var i = 0; i <= LearnedNormal.LearningReadings - 1; i++) Assert.Equal(0, normal.Observe(i * Step, i % 50 == 49 ? 1e6 : i));
        var constant = new LearnedNormal();
        for (var i = 0; i < 3000; i++) Assert.Equal(0, constant.Observe(i * Step, i % 7 == 0 ? double.NaN : 5), 9);
    }

    [Fact]
    public void Forecasts_follow_a_ramp_and_a_day()
    {
        var (ramp, day) = (new LearnedNormal(), new LearnedNormal());
        for (var i = 0; i < 3000; i++)
        {
            ramp.Observe(i * Step, 20 - i * 0.01);
            day.Observe(i * Step, Daily(i));
        }
        Assert.InRange(ramp.Forecast(TimeSpan.FromMinutes(30)), 20 - 3006 * 0.01 - 0.05, 20 - 3006 * 0.01 + 0.05);
        Assert.InRange(day.Forecast(TimeSpan.FromHours(2)), Daily(3023) - 2, Daily(3023) + 2);
    }

    [Fact]
    public void Saved_and_loaded_it_goes_on_bit_for_bit_and_a_reading_allocates_nothing()
    {
        var straight = new LearnedNormal();
        var restarted = new LearnedNormal();
        var before = 0L;
        for (var i = 0; i < 3000; i++)
        {
            if (i == 1500) before = GC.GetAllocatedBytesForCurrentThread();
            straight.Observe(i * Step, Daily(i));
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        for (var i = 0; i < 3000; i++)
        {
            restarted.Observe(i * Step, Daily(i));
            if (i % 701 != 0) continue;
            var writer = new SnapshotWriter();
            restarted.Save(writer);
            var reader = new SnapshotReader(writer.Written);
            restarted = LearnedNormal.Load(ref reader);
            Assert.Equal((false, 0), (reader.Failed, reader.Remaining));
        }
        var (one, other) = (new SnapshotWriter(), new SnapshotWriter());
        straight.Save(one);
        restarted.Save(other);
        Assert.True(one.Written.SequenceEqual(other.Written));
        Assert.Equal((straight.Score, straight.Forecast(TimeSpan.FromHours(2)), straight.Explain()), (restarted.Score, restarted.Forecast(TimeSpan.FromHours(2)), restarted.Explain()));
    }

    [Fact]
    public void The_score_of_NAB_is_0_for_silence_100_for_perfect_and_half_way_as_reckoned_by_hand()
    {
        NabWindow[] windows = [new(50, 59)];
        var scores = new double[100];
        Assert.Equal(0, NabScore.Of(scores, windows, NabProfile.Standard).Score);
        scores[50] = 1;
        Assert.Equal(100, NabScore.Of(scores, windows, NabProfile.Standard).Score, 9);
        // One false row before any window costs its weight of the two points between silence and perfect.
        (scores[14], scores[20]) = (1, 1);
        Assert.Equal(100 - 5.5, NabScore.Of(scores, windows, NabProfile.Standard).Score, 9);
        // Far after the window the same.
        (scores[20], scores[90]) = (0, 1);
        Assert.Equal(100 - 5.5, NabScore.Of(scores, windows, NabProfile.Standard).Score, 9);
    }

    [Fact]
    public void The_score_of_SKAB_is_as_reckoned_by_hand_and_not_of_the_rows_to_learn_from()
    {
        var (flagged, anomalous) = (new bool[410], new bool[410]);
        Array.Fill(flagged, true, 0, 400);
        // Of the last ten rows four are anomalous; three rows are flagged, two of them rightly.
        foreach (var row in (int[])[402, 403, 404, 405]) anomalous[row] = true;
        foreach (var row in (int[])[401, 402, 403]) flagged[row] = true;
        var score = SkabScore.Of(flagged, anomalous);
        // The alarm of rows 401 to 403 began too early to be one of the anomaly.
        Assert.Equal(new SkabScore(2, 2, 1, 5, RunsFound: 0, FalseAlarms: 1), score);
        Assert.Equal((4 / 7d, 1 / 6d, 0.5, 600), (score.F1, score.FalseAlarmRate, score.MissedRate, score.FalseAlarmsAnHour));
        flagged[401] = false;
        Assert.Equal(new SkabScore(2, 2, 0, 6, RunsFound: 1, FalseAlarms: 0), SkabScore.Of(flagged, anomalous));
    }

    [Fact]
    public void On_the_recordings_of_NAB_it_stays_as_good_as_it_was()
    {
        var data = Path.Combine(RecordedDataTests.Shared(), "data");
        Assert.SkipUnless(Directory.Exists(Path.Combine(data, "nab")), "the recorded data are not beside the repository");
        var total = NabRecording.LoadAll(data).Aggregate(default(NabRaw), (sum, r) => sum + NabScore.Of(r.Score(), r.Windows, NabProfile.Standard));
        Assert.True(total.Score >= 70, $"{total.Score:F1}");
    }

    private static double Daily(int i) => 10 * Math.Sin(i / 288.0 * 2 * Math.PI) + i * 7919 % 101 / 101.0;
}
