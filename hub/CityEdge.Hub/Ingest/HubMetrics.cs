using System.Diagnostics.Metrics;
using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Ingest;

/// <summary>Counters of the ingest path, meter <c>CityEdge.Hub</c>; <c>/metrics</c> shows them as <c>cityedge_…</c>.</summary>
public sealed class HubMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "CityEdge.Hub";

    /// <summary>Tag of the meter that tells the hubs of one process apart.</summary>
    public const string InstanceTag = "instance";

    private static int instances;
    private readonly Meter meter;
    private readonly Counter<long> messages;
    private readonly Counter<long> readings;
    private readonly Counter<long> transitions;
    private readonly Counter<long> suppressed;
    private readonly Counter<long> retries;
    private readonly Counter<long> edge;
    private readonly Counter<long> notices;
    private readonly Counter<long> notifications;
    private readonly Counter<long> complaints;
    private readonly Counter<double> stages;

    public HubMetrics()
    {
        // The telemetry SDK takes meters of one name and the same tags for one, and ends their counts when the first of them ends.
        Instance = Interlocked.Increment(ref instances).ToString(System.Globalization.CultureInfo.InvariantCulture);
        meter = new Meter(MeterName, null, [new(InstanceTag, Instance)]);
        messages = meter.CreateCounter<long>("cityedge.ingest.messages", description: "Messages, and records inside messages, by what became of them.");
        readings = meter.CreateCounter<long>("cityedge.ingest.readings", description: "Readings accepted.");
        transitions = meter.CreateCounter<long>("cityedge.alarm.transitions", description: "Alarm transitions by rule change and reason.");
        suppressed = meter.CreateCounter<long>("cityedge.alarm.suppressed", description: "Times that an alarm was kept from the ticket room, by reason.");
        notices = meter.CreateCounter<long>("cityedge.notices.sent", description: "Notices of tickets sent, each once.");
        notifications = meter.CreateCounter<long>("cityedge.notifications.tries", description: "Messages to the channels of notify.channels, by channel and whether they were taken.");
        complaints = meter.CreateCounter<long>("cityedge.complaints", description: "Complaints taken in, by how each came to its ticket.");
        stages = meter.CreateCounter<double>("cityedge.stage.cpu", "s", "Processor time of the consumers by stage, as far as it runs on their own thread; only on Linux.");
        edge = meter.CreateCounter<long>("cityedge.edge.alarms", description: "What agents said of alarms that they found themselves, by what the engine made of it.");
        retries = meter.CreateCounter<long>("cityedge.consumer.retries", description: "Times that a consumer of the journal failed and backed off.");
    }

    /// <summary>Which hub of this process counts here, the value of <see cref="InstanceTag"/>.</summary>
    public string Instance { get; }

    public void Accepted(int count)
    {
        messages.Add(1, new KeyValuePair<string, object?>("reason", "accepted"));
        readings.Add(count);
    }

    public void Refused(RefusalReason reason) => messages.Add(1, new KeyValuePair<string, object?>("reason", RefusalReasons.Name(reason)));

    public void Transition(AlarmTransition transition) => transitions.Add(1,
        new KeyValuePair<string, object?>("change", transition.Change.ToString().ToLowerInvariant()), new KeyValuePair<string, object?>("reason", transition.Reason.ToString().ToLowerInvariant()));

    public void Suppressed(SuppressionReason reason) => suppressed.Add(1, new KeyValuePair<string, object?>("reason", JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString())));

    public void Edge(string verdict) => edge.Add(1, new KeyValuePair<string, object?>("verdict", verdict));

    public void Notices(int count) => notices.Add(count);

    public void Notification(string channel, bool taken) => notifications.Add(1, new KeyValuePair<string, object?>("channel", channel), new KeyValuePair<string, object?>("result", taken ? "taken" : "failed"));
    public void Complaint(ComplaintLink linked, int count) => complaints.Add(count, new KeyValuePair<string, object?>("linked", JsonNamingPolicy.KebabCaseLower.ConvertName(linked.ToString())));

    public void Retry(string consumer) => retries.Add(1, new KeyValuePair<string, object?>("consumer", consumer));

    /// <summary>Counts the processor time of this thread since <paramref name="began"/>, which <see cref="ThreadCpu.Seconds"/> gave on the same thread.</summary>
    public void Stage(string stage, double began) => stages.Add(Math.Max(0, ThreadCpu.Seconds() - began), new KeyValuePair<string, object?>("stage", stage));

    /// <summary>A value that is read when <c>/metrics</c> is asked for.</summary>
    public void Gauge(string name, string description, Func<double> read) => meter.CreateObservableGauge(name, read, description: description);

    /// <summary>Values with one label each, read when <c>/metrics</c> is asked for.</summary>
    public void Gauges(string name, string description, string label, Func<IEnumerable<(string Label, double Value)>> read) =>
        meter.CreateObservableGauge(name, () => read().Select(v => new Measurement<double>(v.Value, new KeyValuePair<string, object?>(label, v.Label))), description: description);

    /// <summary>Counts with one label each, which only grow, read when <c>/metrics</c> is asked for.</summary>
    public void Counters(string name, string description, string label, Func<IEnumerable<(string Label, long Value)>> read) =>
        meter.CreateObservableCounter(name, () => read().Select(v => new Measurement<long>(v.Value, new KeyValuePair<string, object?>(label, v.Label))), description: description);

    /// <inheritdoc />
    public void Dispose() => meter.Dispose();
}
