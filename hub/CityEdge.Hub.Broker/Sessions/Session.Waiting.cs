using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>What waits in memory for the window or the output. Most sessions have nothing that waits, and then hold no memory for it. All under the gate.</summary>
internal sealed partial class Session
{
    private const int KeepSlots = 64;

    private readonly record struct Waiting(JournalMessage Message, DeliveryNote? Note, QoS QoS, bool Retain, bool FromStore = false);

    private Queue<Waiting>? _ready;
    private Queue<Waiting>? _retained;
    private Queue<ushort>? _resend;
    private int _readyBytes;

    private int ReadyCount => _ready?.Count ?? 0;

    private int RetainedCount => _retained?.Count ?? 0;

    private int ResendCount => _resend?.Count ?? 0;

    private bool ReadyFull => ReadyCount >= Core.Options.MaxReadyMessages || _readyBytes >= Core.Options.MaxReadyBytes;

    private void AddReady(JournalMessage message, in DeliveryPlan plan)
    {
        _ready ??= new Queue<Waiting>();
        _ready.Enqueue(new Waiting(message.Keep(), plan.Note, plan.QoSOf(message), plan.RetainOf(message)));
        _readyBytes += message.Size;
        if (Online && !WindowOpen) Held();
    }

    /// <summary>What was not sent goes back to the journal: its first message is where to read on.</summary>
    private void ReturnReady()
    {
        if (_ready is null || !Persistent) return;
        var first = -1L;
        foreach (var waiting in _ready)
        {
            if (waiting.QoS == QoS.AtMostOnce) continue;
            var at = waiting.Message.Position;
            if (first < 0)
            {
                first = at;
                if (!Behind) LastQueued = at;
            }
            QueuedBytes += waiting.Message.Size;
            QueuedMessages++;
            LastQueued = Math.Max(LastQueued, at);
        }
        if (first < 0) return;
        Behind = true;
        Position = first;
    }

    private void DropWaiting()
    {
        _ready = null;
        _retained = null;
        _resend = null;
        _readyBytes = 0;
        _once?.Drop();
    }

    /// <summary>Gives back what a busy time needed. Takes the gate.</summary>
    public void TrimIdle()
    {
        if (_ready is null && _retained is null && _resend is null && _once is null && _inFlight.Slots.Length <= KeepSlots) return;
        lock (Gate)
        {
            if (ResendCount == 0) _resend = null;
            if (ReadyCount == 0) _ready = null;
            if (RetainedCount == 0) _retained = null;
            if (_inFlight.Slots.Length > KeepSlots) _inFlight.Trim();
            if (_once is { Held.Count: 0, AwaitsFlush: false, Blocked: false, BoundBefore: null or { Count: 0 } } once && once.Recorded <= Core.Journal.DurableEnd) _once = null;
        }
    }
}
