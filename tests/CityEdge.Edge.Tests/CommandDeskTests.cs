using System.Text;
using System.Text.Json.Nodes;

namespace CityEdge.Edge.Tests;

public sealed class CommandDeskTests
{
    private readonly ManualTimeProvider clock = new();
    private readonly CommandDesk desk;
    private int done;

    public CommandDeskTests()
    {
        desk = new CommandDesk(clock);
        desk.Add("count", (args, _) => ValueTask.FromResult(CommandReply.Done(new JsonObject { ["n"] = ++done, ["args"] = args.GetRawText() })));
        desk.Add("break", (_, _) => throw new InvalidOperationException("the pump is stuck"));
    }

    [Theory]
    [InlineData("""{"name":"count"}""", """{"status":"done","result":{"n":1,"args":"{}"}}""")]
    [InlineData("""{"name":"count","args":{"a":1},"expires":"2026-01-01T00:00:01Z"}""", """{"status":"done","result":{"n":1,"args":"{\u0022a\u0022:1}"}}""")]
    [InlineData("""{"name":"break"}""", """{"status":"failed","error":"the pump is stuck"}""")]
    [InlineData("""{"name":"reboot"}""", """{"status":"refused","error":"unknown command \u0027reboot\u0027; this agent knows break, count"}""")]
    [InlineData("""{"name":"count","expires":"2026-01-01T00:00:00Z"}""", """{"status":"expired","error":"it expired at 2026-01-01T00:00:00.000Z, and came at 2026-01-01T00:00:00.000Z"}""")]
    [InlineData("""{"name":"count","expires":1767225599}""", """{"status":"expired","error":"it expired at 2025-12-31T23:59:59.000Z, and came at 2026-01-01T00:00:00.000Z"}""")]
    [InlineData("""{"name":"count","expires":"soon"}""", """{"status":"refused","error":"\u0022expires\u0022 is neither an RFC 3339 time nor Unix seconds"}""")]
    [InlineData("""{"name":"count","args":[]}""", """{"status":"refused","error":"\u0022args\u0022 is not an object"}""")]
    public async Task A_command_is_answered(string command, string reply)
    {
        var answer = await desk.AnswerAsync("1", Encoding.UTF8.GetBytes(command), TestContext.Current.CancellationToken);
        Assert.Equal(reply, Encoding.UTF8.GetString(answer.ToJson()));
    }

    [Fact]
    public async Task A_command_delivered_twice_is_done_once_and_answered_twice()
    {
        var cancel = TestContext.Current.CancellationToken;
        var first = await desk.AnswerAsync("x", """{"name":"count"}"""u8.ToArray(), cancel);
        Assert.Same(first, await desk.AnswerAsync("x", """{"name":"count"}"""u8.ToArray(), cancel));
        Assert.Equal(1, done);
        for (var i = 0; i < 300; i++) await desk.AnswerAsync($"{i}", """{"name":"count"}"""u8.ToArray(), cancel);
        await desk.AnswerAsync("x", """{"name":"count"}"""u8.ToArray(), cancel);
        Assert.Equal(302, done);
    }

    [Fact]
    public async Task Random_bytes_are_refused_and_never_throw()
    {
        var random = new Random(3);
        var sample = """{"name":"count","args":{"a":[1,2]},"expires":1e11}"""u8.ToArray();
        for (var i = 0; i < 5000; i++)
        {
            var bytes = (byte[])sample.Clone();
            for (var hits = random.Next(1, 5); hits > 0; hits--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Assert.NotNull((await desk.AnswerAsync($"{i}", bytes.AsMemory(0, random.Next(bytes.Length + 1)), TestContext.Current.CancellationToken)).Status);
        }
    }
}
