using System.IO.Compression;
using CityEdge.Contracts;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging;

namespace CityEdge.Edge;

/// <summary>
/// Publishes the spool from its cursor with QoS 1 and a bounded window; the cursor moves only past acknowledged records that have no unacknowledged one before them. An idle link
/// sends at once; while a message is unacknowledged, records gather into the next one until it is full or a second old (design §4.2). Reconnecting and sending again after it is
/// the link's business; what the hub refuses is decided here.
/// </summary>
internal sealed class Uplink(AgentConfig config, Spool spool, IMqttLink link, TimeProvider wireClock, ILogger logger)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(30);
    private const int GzipAbove = 4 << 10;
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly Queue<LogRecord> ahead = [];
    private readonly LinkedList<Flight> flights = [];
    private readonly string telemetryTopic = Topics.Telemetry(config.Site, config.Device);
    private readonly string eventTopic = Topics.Event(config.Site, config.Device);
    private long readFrom;
    private UplinkBatch batch = new();
    private long messages, items, bytes, retries, refused;

    private sealed class Flight(List<LogRecord> records, int items)
    {
        public List<LogRecord> Records => records;
        public long Start => records[0].Position;
        public long End => records[^1].NextPosition;
        public int Items => items;
        public int PayloadBytes { get; set; }
        public Task<PublishResult>? Publishing { get; set; }
        public int Attempts { get; set; }
        public long RetryAt { get; set; }
        public bool Done { get; set; }
    }

    public UplinkStats Stats =>
        new(Interlocked.Read(ref messages), Interlocked.Read(ref items), Interlocked.Read(ref bytes), Interlocked.Read(ref retries), Interlocked.Read(ref refused));

    /// <summary>Runs until cancelled. Faults when the spool fails or the link is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var data = spool.Log.OnDurable(_ => Wake());
        await using var alarm = wireClock.CreateTimer(static uplink => ((Uplink)uplink!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        readFrom = spool.Cursor.Position;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            Settle();
            Fill();
            if (batch.Records.Count > 0 && flights.Count < config.Window && (flights.Count == 0 || batch.Closed || Age >= MaxAge))
            {
                Send();
                continue;
            }
            alarm.Change(NextWait(), Timeout.InfiniteTimeSpan);
            await wake.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    private TimeSpan Age => wireClock.GetElapsedTime(batch.BeganAt);

    /// <summary>Takes back what has been answered and moves the cursor past the acknowledged front.</summary>
    private void Settle()
    {
        for (var node = flights.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Publishing is { IsCompleted: true } done) Judge(node, done);
            else if (node.Value is { Publishing: null, Done: false } && wireClock.GetTimestamp() >= node.Value.RetryAt) Publish(node.Value);
            node = next;
        }
        while (flights.First is { Value: { Done: true } flight })
        {
            flights.RemoveFirst();
            spool.Acknowledge(flight.Start, flight.End, flight.Records.Count);
        }
    }

    private void Judge(LinkedListNode<Flight> node, Task<PublishResult> done)
    {
        var flight = node.Value;
        flight.Publishing = null;
        // A stopped link is the end of the uplink; the records stay in the spool.
        var result = done.GetAwaiter().GetResult();
        if (result.IsSuccess)
        {
            flight.Done = true;
            Interlocked.Increment(ref messages);
            Interlocked.Add(ref items, flight.Items);
            Interlocked.Add(ref bytes, flight.PayloadBytes);
        }
        else if (result.Code is ReasonCode.PacketTooLarge && flight.Records.Count > 1)
        {
            Split(node);
        }
        else if (result.Code is ReasonCode.PacketTooLarge or ReasonCode.PayloadFormatInvalid or ReasonCode.TopicNameInvalid)
        {
            // It would be refused again for ever, and everything behind it would wait.
            flight.Done = true;
            Interlocked.Add(ref refused, flight.Items);
            logger.LogError("The hub refused {Items} readings or events for good: {Code} {Reason}", flight.Items, result.Code, result.Reason);
        }
        else
        {
            flight.Attempts++;
            var seconds = Math.Min(MaxRetryDelay.TotalSeconds, 0.5 * Math.Pow(2, Math.Min(flight.Attempts, 10)));
            flight.RetryAt = wireClock.GetTimestamp() + (long)(seconds * wireClock.TimestampFrequency);
            Interlocked.Increment(ref retries);
            if (flight.Attempts is 1 or 5 || flight.Attempts % 20 == 0)
                logger.LogWarning("The hub did not take a message: {Code} {Reason}. It is sent again in {Seconds:0.#} s; nothing is lost", result.Code, result.Reason, seconds);
        }
    }

    private void Split(LinkedListNode<Flight> node)
    {
        var records = node.Value.Records;
        var half = records.Count / 2;
        foreach (var part in (ReadOnlySpan<List<LogRecord>>)[records[..half], records[half..]])
            flights.AddBefore(node, new Flight(part, part.Sum(SpoolRecord.Count)));
        flights.Remove(node);
        Wake();
    }

    private void Fill()
    {
        while (!batch.Closed)
        {
            if (ahead.Count == 0 && !ReadAhead()) return;
            if (!IsKnown(ahead.Peek()))
            {
                if (batch.Records.Count > 0) batch.Close();
                else PassOver(ahead.Dequeue());
                continue;
            }
            if (batch.TryAdd(ahead.Peek(), wireClock.GetTimestamp())) ahead.Dequeue();
        }
    }

    private bool ReadAhead()
    {
        var some = new List<LogRecord>();
        if (spool.Log.Read(readFrom, some, 1024, 128 << 10) == 0) return false;
        readFrom = some[^1].NextPosition;
        foreach (var record in some) ahead.Enqueue(record);
        return true;
    }

    private static bool IsKnown(LogRecord record) => SpoolRecord.Count(record) > 0 && record.Kind is SpoolRecord.Telemetry or SpoolRecord.Events;

    private void PassOver(LogRecord record)
    {
        logger.LogError("The spool record at {Position} has a format that this version does not know; it is passed over", record.Position);
        Interlocked.Increment(ref refused);
        flights.AddLast(new Flight([record], 0) { Done = true });
        Wake();
    }

    private void Send()
    {
        var flight = new Flight(batch.Records, batch.Items);
        batch = new UplinkBatch();
        flights.AddLast(flight);
        Publish(flight);
    }

    private void Publish(Flight flight)
    {
        var payload = SpoolRecord.Join(flight.Records);
        var isTelemetry = flight.Records[0].Kind == SpoolRecord.Telemetry;
        if (config.Gzip && isTelemetry && payload.Length > GzipAbove) payload = Compress(payload);
        flight.PayloadBytes = payload.Length;
        flight.Publishing = link.PublishAsync(new MqttMessage(isTelemetry ? telemetryTopic : eventTopic, payload));
        _ = flight.Publishing.ContinueWith(static (_, uplink) => ((Uplink)uplink!).Wake(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private static byte[] Compress(byte[] payload)
    {
        using var packed = new MemoryStream(payload.Length / 4);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(payload);
        return packed.ToArray();
    }

    private TimeSpan NextWait()
    {
        var wait = Timeout.InfiniteTimeSpan;
        if (batch.Records.Count > 0 && flights.Count < config.Window) wait = MaxAge - Age;
        foreach (var flight in flights)
        {
            if (flight.Publishing is not null || flight.Done) continue;
            var left = wireClock.GetElapsedTime(wireClock.GetTimestamp(), flight.RetryAt);
            if (wait == Timeout.InfiniteTimeSpan || left < wait) wait = left;
        }
        return wait == Timeout.InfiniteTimeSpan ? wait : TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, 60_000));
    }

    private void Wake()
    {
        try
        {
            if (wake.CurrentCount == 0) wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Two wakers at once: one waking is enough.
        }
    }
}
