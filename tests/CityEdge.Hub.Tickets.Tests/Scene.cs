using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>A store on its own file, and short words for what happens to it. Times in the tests are minutes after <see cref="T0"/>.</summary>
internal sealed class Scene : IAsyncDisposable
{
    /// <summary>2025-11-15 00:00 in Shanghai.</summary>
    public const long T0 = 1_763_136_000_000;

    public const long Minute = 60_000;

    public static readonly PointId Boiler = new("bj-01", "kiosk-7", "boiler.temperature");
    public static readonly PointId Riser = new("bj-01", "kiosk-8", "riser.temperature");

    private readonly string folder = Directory.CreateTempSubdirectory("cityedge-tickets-").FullName;

    public Scene() => Store = TicketStore.Open(Path.Combine(folder, "tickets.db"), Time);

    public ManualTimeProvider Time { get; } = new();

    public TicketStore Store { get; private set; }

    public TicketPolicy Policy { get; set; } = new(
        "heating.room", new LocalizedText("室温不达标", "Room too cold"), new LocalizedText("检查换热站", "Check the heat station"), "P3", true,
        Wait: TimeSpan.FromMinutes(5), SelfClear: TimeSpan.FromHours(1), Reopen: TimeSpan.FromDays(7), VerifyFor: TimeSpan.FromMinutes(30));

    public string NewPath() => Path.Combine(folder, Guid.NewGuid().ToString("N") + ".db");

    public static long At(double minute) => T0 + (long)(minute * Minute);

    public static string AlarmId(int n) => n.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    public AlarmInput Input(
        int alarm, AlarmChange change, double minute, Severity severity = Severity.P3, double? raised = null, PointId? point = null, string incident = "heating.room|building-3",
        bool dispatch = true, bool noData = false, string rule = "heat-room-cold", AlarmReason reason = AlarmReason.ConditionHeld) => new(
        new AlarmTransition(AlarmId(alarm), rule, 1, point ?? Boiler, change, severity, At(minute), At(raised ?? minute), 17.5, reason, dispatch, noData),
        Policy, incident, "bj-01", "room-301", At(minute) + 200);

    public Task Apply(params AlarmInput[] inputs) => Store.WriteAsync(t =>
    {
        foreach (var input in inputs) t.Apply(input);
    });

    public Task Fire(double minute, PointId? point = null) => Store.WriteAsync(t => t.FireDeadlines(point ?? Boiler, At(minute)));

    public Task<CommandResult> Do(
        string ticket, string name, double minute, string role = "crew", string? reason = null, long? version = null, string? key = null, string actor = "wang") =>
        Store.WriteAsync(t => t.Execute(new TicketCommand(ticket, name, actor, role, Time.GetUtcNow().ToUnixTimeMilliseconds(), At(minute), reason, version, key)));

    public TicketView Only() => Assert.Single(Store.List(new TicketQuery { States = TicketStates.All }).Items);

    public TicketView Ticket(string id) => Store.Get(id) ?? throw new InvalidOperationException(id);

    public async Task<string> Open(double minute = 0)
    {
        await Apply(Input(1, AlarmChange.Raised, minute));
        await Fire(minute + 5);
        return Only().Id;
    }

    public async Task Reopen(string? path = null)
    {
        var old = Store.Path;
        await Store.DisposeAsync();
        Store = TicketStore.Open(path ?? old, Time);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
