using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Registry;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Placing;

/// <summary>
/// Keeps the retained <c>config</c> document of each device what it should be: after a change of rules, assets or points, at start, and when a device reports another version than it was told. Documents
/// replace each other as a whole, so a rule that is gone is withdrawn by the next one, which may be empty.
/// </summary>
public sealed class ConfigPublisher(HubState state, HubOptions options, MqttBroker broker, ILogger<ConfigPublisher> logger)
{
    /// <summary>Points register one by one: what they change is told together.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);

    private readonly DeviceConfigs configs = new(state.Registry, TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone), options.CalendarText);
    private readonly Lock gate = new();
    private readonly SemaphoreSlim changed = new(0, 1);

    // Answers given to reports, so that a device that keeps saying the same is not told the same for ever.
    private readonly Dictionary<string, (string? Desired, string? Reported)> answered = new(StringComparer.Ordinal);
    private HashSet<string> devices = [];
    private bool all;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        state.Rules.Reconfigured += OnReconfigured;
        state.Rules.Changed += OnChanged;
        // Also when it starts again after a failure, which may have told half of them.
        lock (gate) all = true;
        try
        {
            while (true)
            {
                await PublishAsync(ct);
                await changed.WaitAsync(ct);
                await Task.Delay(Gather, TimeProvider.System, ct);
            }
        }
        finally
        {
            state.Rules.Reconfigured -= OnReconfigured;
            state.Rules.Changed -= OnChanged;
        }
    }

    private async Task PublishAsync(CancellationToken ct)
    {
        bool everyone;
        HashSet<string> some;
        lock (gate) (everyone, some, all, devices) = (all, devices, false, []);
        var rules = configs.EdgeRules();
        var concerned = state.Registry.Devices.Where(d => (everyone || some.Contains(d.Id)) && (rules.Count > 0 || d.ConfigVersion is not null || d.ReportedJson is not null)).ToList();
        if (concerned.Count == 0) return;
        var points = rules.Count == 0 ? null : state.Registry.Points.ToLookup(p => $"{p.Id.Site}/{p.Id.Device}");
        var versions = new Dictionary<string, string>();
        foreach (var device in concerned)
        {
            var config = configs.Compose(rules, points?[device.Id] ?? []);
            var reported = ReportedConfig.VersionOf(device.ReportedJson);
            // A device that never had rules, and has none, is told nothing.
            if (config.Rules.Count == 0 && config.LeftOut.Count == 0 && device.ConfigVersion is null && reported is null) continue;
            var astray = reported is not null && reported != config.Version && (!answered.TryGetValue(device.Id, out var last) || last != (config.Version, reported));
            if (config.Version == device.ConfigVersion && !astray) continue;
            if (astray) answered[device.Id] = (config.Version, reported);
            if (config.LeftOut.Count > 0) logger.LogWarning("{Device}: no room for the rules {Rules} in its configuration; they run in the hub alone.", device.Id, string.Join(", ", config.LeftOut));
            await broker.PublishAsync(Topics.Config(device.Site, device.Device), DeviceConfigJson.Encode(config), QoS.AtLeastOnce, retain: true, ct);
            versions[device.Id] = device.ConfigVersion = config.Version;
        }
        if (versions.Count == 0) return;
        logger.LogInformation("{Count} devices are told which rules run in them.", versions.Count);
        await state.Tickets.WriteAsync(tx =>
        {
            foreach (var (device, version) in versions) RegistryTables.SaveConfigVersion(tx.Connection, device, version);
            return true;
        }, ct);
    }

    private void OnReconfigured(IReadOnlyCollection<PointId> points, bool everyone)
    {
        lock (gate)
        {
            all |= everyone;
            foreach (var point in points) devices.Add($"{point.Site}/{point.Device}");
        }
        Signal();
    }

    private void OnChanged(IReadOnlyCollection<PointId> points, IReadOnlyCollection<string> seen)
    {
        if (seen.Count == 0) return;
        lock (gate)
        {
            var before = devices.Count;
            foreach (var id in seen)
            {
                if (state.Registry.FindDevice(id) is { ReportedJson: not null }) devices.Add(id);
            }
            if (devices.Count == before) return;
        }
        Signal();
    }

    private void Signal()
    {
        lock (changed)
        {
            if (changed.CurrentCount == 0) changed.Release();
        }
    }
}
