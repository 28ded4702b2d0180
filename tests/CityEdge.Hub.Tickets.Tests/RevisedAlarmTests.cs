using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using static CityEdge.Contracts.AlarmChange;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>An event that came late shows that an alarm was otherwise than told.</summary>
public sealed class RevisedAlarmTests
{
    private static DateTimeOffset Time(double minute) => DateTimeOffset.FromUnixTimeMilliseconds(Scene.At(minute));

    [Fact]
    public async Task An_alarm_that_never_was_drops_its_candidate()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, Raised, 0), scene.Input(1, Cleared, 0, reason: AlarmReason.Revised));
        var alarm = scene.Store.Alarm(Scene.AlarmId(1))!;
        Assert.Equal((AlarmState.Cleared, Time(0), AlarmReason.Revised), (alarm.State, alarm.ClearedAt!.Value, alarm.Reason));
        Assert.Equal(TicketState.Dropped, scene.Only().State);
    }

    [Fact]
    public async Task An_alarm_that_has_not_cleared_after_all_counts_on_its_ticket_again()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        await scene.Apply(scene.Input(1, Cleared, 10, raised: 0, reason: AlarmReason.ConditionCleared));
        Assert.Contains("self_clear", scene.Ticket(id).Due.Keys);
        var again = scene.Input(1, Raised, 10, raised: 0, reason: AlarmReason.Revised);
        await scene.Apply(again, again);
        Assert.Equal((AlarmState.Active, null), (scene.Store.Alarm(Scene.AlarmId(1))!.State, scene.Store.Alarm(Scene.AlarmId(1))!.ClearedAt));
        await scene.Fire(100);
        Assert.Equal((TicketState.Open, id), (scene.Only().State, scene.Store.Alarm(Scene.AlarmId(1))!.Ticket));
        await scene.Apply(scene.Input(1, Cleared, 110, raised: 0, reason: AlarmReason.ConditionCleared));
        await scene.Fire(171);
        Assert.Equal((TicketState.SelfCleared, Time(170)), (scene.Only().State, scene.Only().ClosedAt!.Value));
    }

    [Fact]
    public async Task An_alarm_that_was_over_at_another_time_is_corrected_and_one_that_comes_to_light_over_opens_nothing()
    {
        await using var scene = new Scene();
        await scene.Open();
        await scene.Apply(scene.Input(1, Cleared, 10, raised: 0), scene.Input(1, Cleared, 12, raised: 0, reason: AlarmReason.Revised), scene.Input(2, Cleared, 9, raised: 8, reason: AlarmReason.Revised));
        Assert.Equal(Time(12), scene.Store.Alarm(Scene.AlarmId(1))!.ClearedAt);
        Assert.Equal((AlarmState.Cleared, Time(9), null), (scene.Store.Alarm(Scene.AlarmId(2))!.State, scene.Store.Alarm(Scene.AlarmId(2))!.ClearedAt!.Value, scene.Store.Alarm(Scene.AlarmId(2))!.Ticket));
        scene.Only();
    }
}
