using CityEdge.Adapters;

namespace CityEdge.Edge.Tests;

/// <summary>How a configuration says where a token is to come from.</summary>
public sealed class ClaimConfigTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("cityedge-claim-");

    [Fact]
    public void A_code_stands_in_for_a_token_that_is_still_to_come()
    {
        const string hub = "password_file: token, claim_url: \"https://hub.example:8443\", claim_code_file: code";
        Assert.Contains("to claim it with", Assert.Single(Load(hub).Errors).Message);
        File.WriteAllText(Path.Combine(folder.FullName, "code"), " ABCD-EFGH\n");
        var link = Load(hub).Config!.Hub;
        Assert.Equal((null, "ABCD-EFGH", new Uri("https://hub.example:8443")), (link.Password, link.ReadClaimCode(), link.ClaimUrl));
        // A token that is there is used, and the code left alone.
        File.WriteAllText(Path.Combine(folder.FullName, "token"), "secret\n");
        Assert.Equal("secret", Load(hub).Config!.Hub.Password);
    }

    [Theory]
    [InlineData("claim_code_file: code", "claim_code_file", "needs password_file")]
    [InlineData("password_file: token, claim_code_file: code", "claim_code_file", "needs claim_url")]
    [InlineData("password_file: token, claim_url: \"http://hub.example\", claim_code_file: code", "claim_url", "for all to read")]
    [InlineData("password_file: token, claim_url: hub.example, claim_code_file: code", "claim_url", "write https://HOST:PORT")]
    [InlineData("password_file: token", "password_file", "cityedge-edge claim")]
    public void What_is_missing_or_unsafe_is_named(string hub, string key, string message)
    {
        File.WriteAllText(Path.Combine(folder.FullName, "code"), "ABCD-EFGH\n");
        Assert.Contains(Load(hub).Errors, e => e.ToString().Contains("hub." + key, StringComparison.Ordinal) && e.Message.Contains(message, StringComparison.Ordinal));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private LoadedAgent Load(string hub) => AgentConfigFile.Parse(
        $"site: s\ndevice: d\nhub: {{ url: \"mqtts://hub.example\", {hub} }}\nspool: {{ dir: spool }}\nadapters: []\n", Path.Combine(folder.FullName, "agent.yaml"), AdapterRegistry.CreateDefault(), TimeProvider.System);
}
