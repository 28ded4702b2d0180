using System.Net;
using System.Text;
using System.Text.Json;
using CityEdge.Hub.Complaints;
using CityEdge.Hub.Registry;

namespace CityEdge.Hub.Tests;

/// <summary>A hotline's export: mapping, preview, all or nothing, and no harm from any file.</summary>
public sealed class ComplaintImportTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private const string Query = "?map=external_id=工单编号&map=at=受理时间&map=category=诉求类别&map=text=诉求内容&map=address=地址&map=name=姓名&map=phone=电话&set=channel=12345&category=供暖不热=heating.import";
    private readonly RunningHub hub = fixture.Hub;

    private Task<Answer> ImportAsync(string csv, string query = Query, bool dryRun = false) =>
        hub.SendAsync(HttpMethod.Post, $"/api/v1/complaints/import{query}&dry_run={(dryRun ? "true" : "false")}", new StringContent(csv, Encoding.UTF8, "text/csv"));

    private string Minutes(int ago) => TimeZoneInfo.ConvertTimeBySystemTimeZoneId(DateTimeOffset.FromUnixTimeMilliseconds(hub.Clock.NowMs), "Asia/Shanghai").AddMinutes(-ago).ToString("yyyy/M/d H:mm", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task An_export_is_previewed_then_taken_over_once()
    {
        var csv = $"""
            工单编号,受理时间,诉求类别,诉求内容,地址,姓名,电话
            a-1,{Minutes(10)},供暖不热,"家里冷，
            ""非常""冷",阳光路 1 号,王芳,13800001111
            a-2,{Minutes(5)},供暖不热,冷,阳光路 1 号,,
            a-3,{Minutes(60 * 48)},供暖不热,冷,别处,,
            a-4,{Minutes(5)},heating.import-other,冷,别处,,
            """;
        var preview = (await ImportAsync(csv, dryRun: true)).Is(HttpStatusCode.OK).Body;
        Assert.Equal((4, 0, true), (preview.GetProperty("rows").GetInt32(), preview.GetProperty("known").GetInt32(), preview.GetProperty("dry_run").GetBoolean()));
        var linked = preview.GetProperty("linked");
        // Addresses that are no asset are words only: nothing says that two of them are one place.
        Assert.Equal((0, 3, 1), (linked.GetProperty("existing").GetInt32(), linked.GetProperty("new").GetInt32(), linked.GetProperty("none").GetInt32()));
        Assert.Contains("王**", preview.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("13800001111", preview.ToString(), StringComparison.Ordinal);
        Assert.Empty(await hub.ListAsync("/api/v1/complaints?category=heating.import"));
        Assert.Empty(await hub.ListAsync("/api/v1/tickets?category=heating.import"));
        var done = (await ImportAsync(csv)).Is(HttpStatusCode.OK).Body;
        Assert.Equal(linked.ToString(), done.GetProperty("linked").ToString());
        var stored = await hub.ListAsync("/api/v1/complaints?category=heating.import");
        Assert.Equal(["a-1", "a-2", "a-3"], stored.Select(c => c.Text("external_id")!).Order());
        Assert.Contains(stored, c => c.Text("text") == "家里冷，\n\"非常\"冷" && c.Text("channel") == "12345");
        var again = (await ImportAsync(csv)).Is(HttpStatusCode.OK).Body;
        Assert.Equal((4, 4), (again.GetProperty("rows").GetInt32(), again.GetProperty("known").GetInt32()));
        Assert.Equal(2, (await hub.ListAsync("/api/v1/tickets?category=heating.import")).Count);
    }

    [Fact]
    public async Task One_bad_row_keeps_all_out_and_is_named_by_line_and_column()
    {
        var csv = $"""
            工单编号,受理时间,诉求类别,诉求内容,地址,姓名,电话
            b-1,{Minutes(5)},供暖不热,冷,别处,,
            b-2,昨天,供暖不热,冷,别处,,
            b-3,{Minutes(5)},电梯,冷,别处,,
            b-1,{Minutes(5)},供暖不热,,别处,,abc
            b-5,{Minutes(5)},供暖不热
            ,{Minutes(5)},供暖不热,冷,,,
            """;
        var errors = (await ImportAsync(csv)).IsProblem(HttpStatusCode.UnprocessableEntity)["errors"].EnumerateArray()
            .Select(e => (e.GetProperty("line").GetInt32(), e.TryGetProperty("column", out var column) ? column.GetInt32() : 0, e.Text("key")!)).ToList();
        (int, int, string)[] expected = [(3, 2, "at"), (4, 3, "category"), (5, 1, "external_id"), (5, 4, "text"), (5, 7, "reporter.phone"), (6, 0, "row"), (7, 1, "external_id"), (7, 0, "asset")];
        Assert.Equal(expected.Order(), errors.Order());
        Assert.DoesNotContain(await hub.ListAsync("/api/v1/complaints?channel=12345"), c => c.Text("external_id")!.StartsWith("b-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("?map=text", "a,b\n", "FIELD=COLUMN")]
    [InlineData("?map=colour=x", "a,b\n", "colour")]
    [InlineData("?map=text=内容", "a,b\n", "内容")]
    [InlineData("?set=channel=x", "a,b\n", "external_id")]
    [InlineData("?set=channel=x", "", "empty")]
    [InlineData("?set=channel=x", "a,a\n", "twice")]
    [InlineData("?set=channel=x", "a,b\n1,\"open\n2,3\n", "never closed")]
    public async Task A_mapping_or_header_that_cannot_be_used_is_refused(string query, string csv, string says) =>
        (await ImportAsync(csv, query)).IsProblem(HttpStatusCode.UnprocessableEntity, says);

    /// <summary>Any text at all is either complaints or errors with a line, and never an exception.</summary>
    [Fact]
    public void Any_file_gives_rows_or_errors_that_name_a_line()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] pieces = ["external_id", "channel", "category", "text", "at", "address", ",", ",", ",", "\n", "\n", "\r\n", "\"", "\"\"", "heating.room", "hotline", "2026-01-31 08:05", "2026-02-30 25:61", "x", "投诉", "\uFEFF", "\0", "\uD800", "1e999", "𠮷", " "];
        const string Header = "external_id,channel,category,text,at,address\n";
        var (good, bad) = (0, 0);
        var mapping = ComplaintMapping.Read(["kind=kind"], null, null, out _)!;
        for (var i = 0; i < 20_000; i++)
        {
            var text = new StringBuilder(random.Next(3) == 0 ? "" : Header);
            for (var row = random.Next(4); row > 0; row--)
            {
                if (random.Next(2) == 0) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{random.Next(5)},hotline,heating.room,x,2026-01-31 08:05,here\n");
                else for (var n = random.Next(12); n > 0; n--) text.Append(pieces[random.Next(pieces.Length)]);
            }
            var rows = ComplaintCsv.Read(text.ToString(), mapping, new HubRegistry(), TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"), DateTimeOffset.UnixEpoch.AddYears(90), out var errors);
            if (errors.Count > 0)
            {
                bad++;
                Assert.Empty(rows);
                foreach (var error in errors.Select(e => JsonSerializer.SerializeToElement(e)))
                {
                    Assert.True(error.GetProperty("line").GetInt32() >= 1 && error.GetProperty("message").GetString()!.Length > 0, $"seed {seed}: {text}");
                }
            }
            else
            {
                good += rows.Count;
                Assert.All(rows, r => Assert.Empty(ComplaintCheck.Errors(r, new HubRegistry(), DateTimeOffset.UnixEpoch.AddYears(90))));
            }
        }
        Assert.True(good > 100 && bad > 100, $"{good} rows, {bad} files with errors");
    }
}
