using System.Runtime.CompilerServices;

namespace CityEdge.Hub.Broker;

/// <summary>
/// Messages in flight by packet id: a ring that the ids run round. The slot of an id is its low bits; an id whose slot is taken by one that is still in flight is passed
/// over, so nothing is hashed or allocated while the window turns. Grows to what is in flight; empty, it holds no memory. A struct: keep it in a field.
/// </summary>
internal struct InFlightTable
{
    private const int Smallest = 8;
    private const int Largest = ushort.MaxValue + 1;
    private InFlight[]? _slots;
    private ushort _last;

    public int Count { get; private set; }

    /// <summary>The id given last.</summary>
    public ushort LastPacketId
    {
        readonly get => _last;
        set => _last = value;
    }

    /// <summary>All slots; free ones have packet id 0.</summary>
    public readonly ReadOnlySpan<InFlight> Slots => _slots;

    /// <summary>The next free id; there is one while fewer than 65 535 are in flight.</summary>
    public ushort NextPacketId()
    {
        _slots ??= new InFlight[Smallest];
        if (Count >= _slots.Length - _slots.Length / 8) Grow();
        do
        {
            _last = _last == ushort.MaxValue ? (ushort)1 : (ushort)(_last + 1);
        }
        while (_slots![_last & _slots.Length - 1].PacketId != 0);
        return _last;
    }

    /// <summary>Adds, or replaces what has its id.</summary>
    public void Set(in InFlight flight)
    {
        _slots ??= new InFlight[Smallest];
        while (_slots![flight.PacketId & _slots.Length - 1].PacketId is var taken && taken != 0 && taken != flight.PacketId) Grow();
        ref var slot = ref _slots[flight.PacketId & _slots.Length - 1];
        if (slot.PacketId == 0) Count++;
        slot = flight;
    }

    /// <summary>The message with an id; a null reference when there is none.</summary>
    public readonly ref InFlight Find(ushort packetId)
    {
        if (_slots is null || packetId == 0) return ref Unsafe.NullRef<InFlight>();
        ref var slot = ref _slots[packetId & _slots.Length - 1];
        return ref slot.PacketId == packetId ? ref slot : ref Unsafe.NullRef<InFlight>();
    }

    public void Remove(ushort packetId)
    {
        ref var slot = ref Find(packetId);
        if (Unsafe.IsNullRef(ref slot)) return;
        slot = default;
        Count--;
    }

    public void Clear()
    {
        _slots = null;
        Count = 0;
    }

    /// <summary>Gives an idle session's memory back.</summary>
    public void Trim()
    {
        if (Count == 0) _slots = null;
    }

    /// <summary>Everything, in the order of first sending.</summary>
    public readonly List<InFlight> InOrder()
    {
        var all = new List<InFlight>(Count);
        foreach (ref readonly var slot in Slots)
        {
            if (slot.PacketId != 0) all.Add(slot);
        }
        // The difference stands even where the counter has run round.
        all.Sort(static (a, b) => (int)(a.Order - b.Order));
        return all;
    }

    /// <summary>Ids that differ in their low bits still do with one bit more.</summary>
    private void Grow()
    {
        if (_slots!.Length == Largest) return;
        var larger = new InFlight[_slots.Length * 2];
        foreach (ref readonly var slot in _slots.AsSpan())
        {
            if (slot.PacketId != 0) larger[slot.PacketId & larger.Length - 1] = slot;
        }
        _slots = larger;
    }
}
