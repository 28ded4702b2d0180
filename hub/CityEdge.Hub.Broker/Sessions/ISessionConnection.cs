using System.Net;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>What a session asks of its connection. Members are called under the session's gate unless said otherwise.</summary>
internal interface ISessionConnection
{
    EndPoint? Remote { get; }

    /// <summary>Receive Maximum of the client (MQTT 5.0 §3.1.2.11.3).</summary>
    int ClientReceiveMaximum { get; }

    /// <summary>More waits to be sent than should: write only what is small and must go.</summary>
    bool Congested { get; }

    /// <summary>Writes a message; false when it is larger than the client takes.</summary>
    bool WritePublish(JournalMessage message, QoS qos, bool retain, bool dup, ushort packetId, uint? secondsLeft, uint[] ids);

    /// <summary>Writes an acknowledgement that depends on no flush.</summary>
    void WriteAck(in AckPacket ack);

    /// <summary>Asks for <see cref="Session.Writable"/> once the journal is durable up to a position.</summary>
    void AwaitFlush(long position);

    /// <summary>Sends what was written. Not under any gate.</summary>
    void Kick();

    /// <summary>Sends what was written, soon and elsewhere.</summary>
    void KickLater();

    /// <summary>The will, taken at most once. Any thread.</summary>
    PendingWill? TakeWill();

    /// <summary>Ends the connection. Any thread.</summary>
    void Close(ReasonCode reason, string message);
}
