using System.Text;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>
/// A publish record on its way to subscribers. Either a view over a read buffer, used again for the next record, or (<see cref="Keep"/>) one that owns its bytes and never
/// changes: whoever holds a message longer than the call it came with holds a kept one.
/// </summary>
internal sealed class JournalMessage
{
    private PublishLayout _layout;
    private ReadOnlyMemory<byte> _body;
    private bool _own;
    private JournalMessage? _kept;
    private string? _topicText;

    public long Position { get; private set; }

    public long NextPosition { get; private set; }

    /// <summary>Arrival time, Unix ms.</summary>
    public long TimeMs { get; private set; }

    /// <summary>Bytes of the journal body: what it counts for in every byte limit.</summary>
    public int Size => _body.Length;

    /// <summary>The journal body as it is.</summary>
    public ReadOnlySpan<byte> Body => _body.Span;

    public ReadOnlySpan<byte> Topic => _body.Span[_layout.Topic];

    public ReadOnlySpan<byte> Payload => _body.Span[_layout.Payload];

    /// <summary>MQTT 5.0 properties that are forwarded unchanged, in their wire encoding.</summary>
    public ReadOnlySpan<byte> Properties => _body.Span[_layout.Properties];

    public QoS QoS => _layout.QoS;

    public bool Retain => _layout.Retain;

    /// <summary>Packet id of an incoming QoS 2 message of a persistent session; 0 otherwise.</summary>
    public ushort PacketId => _layout.PacketId;

    /// <summary>The topic as a string; made once and shared when the router knows the topic.</summary>
    public string TopicText => _topicText ??= PublishLayout.Text(Topic);

    /// <summary>More than one session gets it: its packet is worth keeping.</summary>
    public bool Many { get; set; }

    /// <summary>Packets of a view that <see cref="Many"/> get.</summary>
    public PublishFrames? Frames { get; private set; }

    /// <summary>A view to be used again and again.</summary>
    public static JournalMessage View() => new() { Frames = new PublishFrames() };

    /// <summary>A message that owns its bytes; null for damage or another format.</summary>
    public static JournalMessage? Of(long position, long timeMs, byte[] body)
    {
        var message = new JournalMessage { _own = true };
        return message.Load(position, position, timeMs, body) ? message : null;
    }

    /// <summary>Points a view at a record; false for another kind, damage or another format.</summary>
    public bool TryLoad(in LogRecord log) => log.Kind == JournalKind.Publish && Load(log.Position, log.NextPosition, log.TimeMs, log.Body);

    private bool Load(long position, long next, long timeMs, ReadOnlyMemory<byte> body)
    {
        if (!PublishLayout.TryRead(body.Span, out _layout)) return false;
        (Position, NextPosition, TimeMs, _body) = (position, next, timeMs, body);
        _kept = null;
        _topicText = null;
        Many = false;
        Frames?.Clear();
        return true;
    }

    /// <summary>The router's string of this topic, lest another is made.</summary>
    public void SetTopicText(string? text) => _topicText = text;

    /// <summary>This message, kept: one copy however many ask.</summary>
    public JournalMessage Keep()
    {
        if (_own) return this;
        return _kept ??= new JournalMessage
        {
            _own = true, _layout = _layout, _body = _body.ToArray(), Position = Position, NextPosition = NextPosition, TimeMs = TimeMs, _topicText = _topicText,
        };
    }

    /// <summary>True when this client published it.</summary>
    public bool IsBy(string clientId, string identity) => Same(_body.Span[_layout.ClientId], clientId) && Same(_body.Span[_layout.Identity], identity);

    public bool IsBy(Session session) => IsBy(session.ClientId, session.Identity.Name);

    /// <summary>Identity and client id of who published it.</summary>
    public string SessionKey() => Session.KeyOf(PublishLayout.Text(_body.Span[_layout.Identity]), PublishLayout.Text(_body.Span[_layout.ClientId]));

    public bool Expires => _layout.Expires;

    /// <summary>Whole seconds left; 0 or less when it has expired (MQTT 5.0 §3.3.2.3.3). Only if it <see cref="Expires"/>.</summary>
    public long SecondsLeft(long nowMs) => _layout.ExpirySeconds - Math.Max(0, nowMs - TimeMs) / 1000;

    private static bool Same(ReadOnlySpan<byte> utf8, string text)
    {
        const int OnStack = 256;
        if (utf8.Length < text.Length || utf8.Length > 3 * text.Length) return false;
        Span<byte> bytes = utf8.Length <= OnStack ? stackalloc byte[OnStack] : new byte[utf8.Length];
        return Encoding.UTF8.TryGetBytes(text, bytes[..utf8.Length], out var written) && utf8.SequenceEqual(bytes[..written]);
    }
}
