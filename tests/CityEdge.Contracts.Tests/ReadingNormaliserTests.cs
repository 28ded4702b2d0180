using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Contracts.Tests;

public sealed class ReadingNormaliserTests
{
    private const long T0 = 1_700_000_000_000;
    private static readonly PointId Point = new("s", "d", "p");

    private static Reading At(double seconds, double value, Quality quality = Quality.Good) => new(Point, T0 + (long)(seconds * 1000), ReadingValue.FromNumber(value), null, quality);

    private static Quality Flags(ReadingNormaliser normaliser, Reading reading) => normaliser.Normalise(reading).Reading!.Value.Quality;

    [Fact]
    public void Scale_offset_and_unit_are_applied_in_this_order()
    {
        var normaliser = new ReadingNormaliser(new PointConfig { Kind = PointKind.Temperature, Unit = "[degF]", Scale = 0.1, Offset = 12 });
        var reading = normaliser.Normalise(At(0, 2000)).Reading!.Value;
        Assert.Equal(100, reading.Value.Number, 1e-9);
        Assert.Equal("Cel", reading.Unit);
    }

    [Fact]
    public void The_range_is_in_the_configured_unit()
    {
        var normaliser = new ReadingNormaliser(new PointConfig { Kind = PointKind.Pressure, Unit = "bar", Min = 0, Max = 10 });
        Assert.Equal([Quality.Good, Quality.Good, Quality.OutOfRange, Quality.OutOfRange], new[] { 0, 10, 10.1, -0.1 }.Select((v, i) => Flags(normaliser, At(i, v))));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Not_finite_values_are_dropped(double value) =>
        Assert.Equal(NormaliserDrop.NotFinite, new ReadingNormaliser(new PointConfig { Kind = PointKind.Level, Unit = "m" }).Normalise(At(0, value)).Drop);

    [Fact]
    public void A_value_within_the_dead_band_is_sent_only_at_the_heartbeat()
    {
        var normaliser = new ReadingNormaliser(new PointConfig { Kind = PointKind.Temperature, DeadBand = 0.5, Heartbeat = TimeSpan.FromSeconds(60) });
        var sent = new (double At, double Value)[] { (0, 20), (10, 20.5), (20, 20.6), (30, 20.2), (79, 20.6), (80, 20.6), (90, 20.0) }.Where(x => normaliser.Normalise(At(x.At, x.Value)).Reading is not null).Select(x => x.At);
        Assert.Equal([0, 20, 80, 90], sent);
    }

    [Fact]
    public void A_steady_drift_within_the_band_never_gets_away_unseen() =>
        Prop.ForAll(Gen.Choose(-10, 10).NonEmptyListOf().ToArbitrary(), steps =>
        {
            var normaliser = new ReadingNormaliser(new PointConfig { Kind = PointKind.Value, DeadBand = 5 });
            double value = 0, seen = 0;
            var first = true;
            foreach (var (step, index) in steps.Select((s, i) => (s, i)))
            {
                value += step;
                if (normaliser.Normalise(At(index, value)).Reading is { } reading) (seen, first) = (reading.Value.Number, false);
                if (first || Math.Abs(value - seen) > 5) return false;
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void An_unchanged_value_becomes_stuck_and_a_change_frees_it()
    {
        var normaliser = new ReadingNormaliser(new PointConfig { Kind = PointKind.Temperature, StuckAfter = TimeSpan.FromMinutes(10), DeadBand = 0.1, Heartbeat = TimeSpan.FromHours(1) });
        Assert.Equal(Quality.Good, Flags(normaliser, At(0, 20)));
        Assert.Equal(NormaliserDrop.DeadBand, normaliser.Normalise(At(599, 20)).Drop);
        Assert.Equal(Quality.Stuck, Flags(normaliser, At(600, 20)));
        Assert.Equal(Quality.Good, Flags(normaliser, At(601, 20.01)));
    }

    [Fact]
    public void A_spike_is_a_jump_the_way_back_is_not_and_a_lasting_step_is_believed()
    {
        var normaliser = new ReadingNormaliser(new PointConfig { Kind = PointKind.Temperature, MaxJumpPerSecond = 1 });
        Assert.Equal([Quality.Good, Quality.Jump, Quality.Good], new[] { At(0, 20), At(1, 85), At(2, 20.5) }.Select(r => Flags(normaliser, r)));
        Assert.Equal([Quality.Jump, Quality.Jump, Quality.Good, Quality.Good], new[] { At(3, 30), At(10, 30), At(12, 30), At(13, 30) }.Select(r => Flags(normaliser, r)));
    }

    [Fact]
    public void A_late_reading_passes_and_touches_no_state()
    {
        var normaliser = new ReadingNormaliser(new PointConfig { Kind = PointKind.Temperature, DeadBand = 1, MaxJumpPerSecond = 1 });
        normaliser.Normalise(At(100, 20));
        Assert.Equal(50, normaliser.Normalise(At(50, 50)).Reading!.Value.Value.Number);
        Assert.Equal(NormaliserDrop.DeadBand, normaliser.Normalise(At(101, 20)).Drop);
    }

    [Fact]
    public void Wrong_types_units_and_times_are_dropped_with_a_message_and_sensor_faults_keep_their_flag()
    {
        var temperature = new ReadingNormaliser(new PointConfig { Kind = PointKind.Temperature, Unit = "V" });
        Assert.Equal(NormaliserDrop.BadUnit, temperature.Normalise(At(0, 1)).Drop);
        Assert.Equal(NormaliserDrop.WrongType, temperature.Normalise(new Reading(Point, T0, ReadingValue.FromText("x"), null)).Drop);
        Assert.Equal(NormaliserDrop.TimeOutOfRange, temperature.Normalise(new Reading(Point, 0, ReadingValue.FromNumber(1), null)).Drop);
        Assert.NotNull(temperature.Normalise(At(0, 1)).Message);
        Assert.Equal(Quality.SensorFault, Flags(new ReadingNormaliser(new PointConfig { Kind = PointKind.Temperature }), At(0, 85, Quality.SensorFault)));
    }

    [Fact]
    public void A_contact_read_as_a_number_becomes_a_boolean()
    {
        var normaliser = new ReadingNormaliser(new PointConfig { Kind = PointKind.Contact, Scale = -1, Offset = 1 });
        Assert.Equal([false, true], new[] { At(0, 1), At(1, 0) }.Select(r => normaliser.Normalise(r).Reading!.Value.Value.Boolean));
    }
}
