using System.Buffers;

namespace CityEdge.Mqtt.Tests.Codec;

public class MalformedTests
{
    // first byte and body without Remaining Length; expected code
    [Theory]
    [InlineData(4, "10", "0006 4D5149736470 03 02 003C 0001 61", 0x84, "MQTT 3.1")]
    [InlineData(4, "10", "0004 4D515454 06 02 003C 0001 61", 0x84, "level 6")]
    [InlineData(4, "10", "0004 4D515454 04 03 003C 0001 61", 0x81, "reserved flag")]
    [InlineData(4, "10", "0004 4D515454 04 0A 003C 0001 61", 0x81, "will QoS without will")]
    [InlineData(4, "10", "0004 4D515454 04 22 003C 0001 61", 0x81, "will retain without will")]
    [InlineData(4, "10", "0004 4D515454 04 1E 003C 0001 61 0001 77 0000", 0x81, "will QoS 3")]
    [InlineData(4, "10", "0004 4D515454 04 06 003C 0001 61 0001 23 0000", 0x90, "will topic #")]
    [InlineData(4, "10", "0004 4D515454 04 06 003C 0001 61 0000 0000", 0x90, "will topic empty")]
    [InlineData(4, "10", "0004 4D515454 04 42 003C 0001 61 0001 70", 0x81, "3.1.1 password without user")]
    [InlineData(4, "10", "0004 4D515454 04 00 003C 0000", 0x85, "3.1.1 empty client id, not clean")]
    [InlineData(4, "10", "0004 4D515454 04 02 003C 0001 61 00", 0x81, "bytes after the end")]
    [InlineData(4, "10", "0004 4D515454 04 02 003C 0002 61", 0x81, "client id cut")]
    [InlineData(4, "10", "0004 4D515454 04 82 003C 0001 61", 0x81, "user name missing")]
    [InlineData(4, "10", "", 0x81, "empty CONNECT")]
    [InlineData(5, "10", "0004 4D515454 05 02 003C 03 21 0000 0001 61", 0x82, "receive maximum 0")]
    [InlineData(5, "10", "0004 4D515454 05 02 003C 05 27 00000000 0001 61", 0x82, "maximum packet size 0")]
    [InlineData(5, "10", "0004 4D515454 05 02 003C 06 22 0001 22 0001 0001 61", 0x82, "property twice")]
    [InlineData(5, "10", "0004 4D515454 05 02 003C 02 17 02 0001 61", 0x82, "request problem information 2")]
    [InlineData(5, "10", "0004 4D515454 05 02 003C 04 16 0001 64 0001 61", 0x82, "auth data without method")]
    [InlineData(5, "10", "0004 4D515454 05 02 003C 03 23 0001 0001 61", 0x81, "topic alias in CONNECT")]
    [InlineData(5, "10", "0004 4D515454 05 02 003C 02 7F 00 0001 61", 0x81, "unknown property")]
    [InlineData(5, "10", "0004 4D515454 05 02 003C 05 11 0000 0001 61", 0x81, "property runs over")]
    [InlineData(5, "20", "02 00 00", 0x81, "reserved acknowledge flags")]
    [InlineData(5, "20", "01 87 00", 0x82, "session present with refusal")]
    [InlineData(5, "20", "00 8D 00", 0x82, "code not of CONNACK")]
    [InlineData(5, "20", "00 00 02 24 02", 0x82, "maximum QoS 2")]
    [InlineData(5, "20", "00 00", 0x81, "no property length")]
    [InlineData(4, "20", "00 06", 0x81, "return code 6")]
    [InlineData(4, "20", "01 05", 0x82, "session present with refusal")]
    [InlineData(4, "30", "0000 6869", 0x81, "3.1.1 empty topic")]
    [InlineData(5, "30", "0000 00 6869", 0x82, "5.0 empty topic without alias")]
    [InlineData(4, "30", "0003 612F2B", 0x90, "topic with +")]
    [InlineData(4, "30", "0003 612F23", 0x90, "topic with #")]
    [InlineData(4, "30", "0003 610062", 0x81, "topic with U+0000")]
    [InlineData(4, "30", "0003 EDA080", 0x81, "topic with a surrogate")]
    [InlineData(4, "30", "0002 C080", 0x81, "topic with overlong UTF-8")]
    [InlineData(4, "30", "0002 C3", 0x81, "topic cut")]
    [InlineData(4, "32", "0001 61 0000", 0x82, "packet id 0")]
    [InlineData(4, "32", "0001 61 01", 0x81, "packet id cut")]
    [InlineData(5, "30", "0001 61 03 23 0000", 0x94, "topic alias 0")]
    [InlineData(5, "30", "0001 61 02 0B 00", 0x82, "subscription identifier 0")]
    [InlineData(5, "30", "0001 61 02 01 02", 0x82, "payload format 2")]
    [InlineData(5, "30", "0001 61 04 08 0001 23", 0x82, "response topic with wildcard")]
    [InlineData(5, "30", "0001 61 06 23 0001 23 0001", 0x82, "alias twice")]
    [InlineData(5, "30", "0001 61 05 11 00000000", 0x81, "session expiry in PUBLISH")]
    [InlineData(5, "30", "0001 61 07 26 0001 6B 0001 00", 0x81, "user property with U+0000")]
    [InlineData(5, "30", "0001 61 7F", 0x81, "property length runs over")]
    [InlineData(5, "30", "0001 61 8000", 0x81, "property length not shortest")]
    [InlineData(4, "40", "0000", 0x82, "packet id 0")]
    [InlineData(4, "40", "0001 00", 0x81, "3.1.1 PUBACK of 3 bytes")]
    [InlineData(5, "40", "0001 92", 0x82, "code not of PUBACK")]
    [InlineData(5, "62", "0001 87", 0x82, "code not of PUBREL")]
    [InlineData(5, "50", "00", 0x81, "cut")]
    [InlineData(4, "82", "000A", 0x82, "SUBSCRIBE without filter")]
    [InlineData(5, "82", "000A 00", 0x82, "SUBSCRIBE without filter")]
    [InlineData(4, "82", "0000 0001 61 00", 0x82, "packet id 0")]
    [InlineData(4, "82", "000A 0001 61 03", 0x82, "QoS 3")]
    [InlineData(4, "82", "000A 0001 61 04", 0x81, "3.1.1 reserved option bits")]
    [InlineData(5, "82", "000A 00 0001 61 40", 0x81, "reserved option bits")]
    [InlineData(5, "82", "000A 00 0001 61 30", 0x82, "retain handling 3")]
    [InlineData(5, "82", "000A 00 000A 2473686172652F672F61 04", 0x82, "no local on shared")]
    [InlineData(5, "82", "000A 04 0B 01 0B 02 0001 61 00", 0x82, "two subscription identifiers")]
    [InlineData(4, "82", "000A 0003 612F62", 0x81, "options missing")]
    [InlineData(4, "82", "000A 0000 00", 0x8F, "empty filter")]
    [InlineData(4, "82", "000A 0004 612F2361 00", 0x8F, "# not last")]
    [InlineData(4, "82", "000A 0002 612B 00", 0x8F, "+ not alone")]
    [InlineData(5, "82", "000A 00 0008 2473686172652F67 00", 0x8F, "shared without filter")]
    [InlineData(4, "90", "000A 03", 0x82, "SUBACK code 3")]
    [InlineData(4, "90", "000A 87", 0x81, "3.1.1 SUBACK code 0x87")]
    [InlineData(4, "90", "000A", 0x82, "SUBACK without code")]
    [InlineData(4, "A2", "000A", 0x82, "UNSUBSCRIBE without filter")]
    [InlineData(4, "B0", "000A 00", 0x81, "3.1.1 UNSUBACK with code")]
    [InlineData(5, "B0", "000A 00", 0x82, "UNSUBACK without code")]
    [InlineData(4, "C0", "00", 0x81, "PINGREQ with body")]
    [InlineData(4, "E0", "00", 0x81, "3.1.1 DISCONNECT with body")]
    [InlineData(5, "E0", "01", 0x82, "code not of DISCONNECT")]
    [InlineData(4, "F0", "", 0x81, "AUTH in 3.1.1")]
    [InlineData(5, "F0", "18", 0x82, "AUTH without method")]
    [InlineData(5, "F0", "05 04 15 0001 6D", 0x82, "code not of AUTH")]
    public void Is_refused_with_the_code_of_the_standard(int version, string first, string hex, int code, string what)
    {
        var body = Convert.FromHexString(hex.Replace(" ", ""));
        byte[] frame = [.. Convert.FromHexString(first), (byte)body.Length, .. body];
        var packet = AnyPacket.Decode((MqttVersion)version, frame, out var error);
        Assert.True(packet is null && error is not null, $"{what}: accepted as {packet}");
        Assert.True((ReasonCode)code == error.Code, $"{what}: {error}");
    }

    [Theory]
    [InlineData("00 00", "reserved type 0")]
    [InlineData("36 00", "QoS 3")]
    [InlineData("38 00", "DUP at QoS 0")]
    [InlineData("60 02", "PUBREL flags")]
    [InlineData("80 02", "SUBSCRIBE flags")]
    [InlineData("A1 02", "UNSUBSCRIBE flags")]
    [InlineData("11 02", "CONNECT flags")]
    [InlineData("30 FFFFFFFF01", "five bytes of Remaining Length")]
    [InlineData("30 8000", "Remaining Length not shortest")]
    public void A_broken_fixed_header_is_malformed(string hex, string what)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", ""));
        Assert.Equal(FrameStatus.Malformed, PacketFraming.TryReadFrame(bytes, 1000, out _, out _, out var consumed, out var error));
        Assert.True(consumed == 0 && error?.Code == ReasonCode.MalformedPacket, what);
        var sequence = new ReadOnlySequence<byte>(bytes);
        Assert.Equal(FrameStatus.Malformed, PacketFraming.TryReadFrame(ref sequence, 1000, out _, out _, out _));
    }

    [Fact]
    public void A_packet_over_the_limit_is_refused_before_its_body_has_come()
    {
        Assert.Equal(FrameStatus.NeedMore, PacketFraming.TryReadFrame([0x30, 98], 100, out _, out _, out _, out _));
        Assert.Equal(FrameStatus.TooLarge, PacketFraming.TryReadFrame([0x30, 99], 100, out _, out _, out _, out var error));
        Assert.Equal(ReasonCode.PacketTooLarge, error?.Code);
    }

    [Fact]
    public void The_version_of_a_broken_connect_can_be_seen()
    {
        Assert.Equal(MqttVersion.V500, PacketDecoder.PeekConnectVersion(Convert.FromHexString("00044D51545405")));
        Assert.Null(PacketDecoder.PeekConnectVersion(Convert.FromHexString("00044D51545406")));
        Assert.Null(PacketDecoder.PeekConnectVersion([]));
    }

    [Fact]
    public void A_caller_that_asks_for_a_packet_that_cannot_be_is_told()
    {
        Assert.Throws<ArgumentException>(() => AnyPacket.Encode(MqttVersion.V500, new DisconnectPacket(0, new() { TopicAlias = 1 })));
        Assert.Throws<ArgumentException>(() => AnyPacket.Encode(MqttVersion.V500, new PublishPacket(new string('a', 70_000), default)));
        Assert.Throws<ArgumentException>(() => AnyPacket.Encode(MqttVersion.V311, new AuthPacket()));
    }
}
