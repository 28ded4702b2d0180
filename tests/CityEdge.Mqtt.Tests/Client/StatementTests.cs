using System.Reflection;
using System.Text.Json;

namespace CityEdge.Mqtt.Tests.Client;

/// <summary>The tests that the broker suite's lists of statements name for the client are there.</summary>
public class StatementTests
{
    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public void Tests_that_the_statements_name_exist(string version)
    {
        var assembly = Assembly.GetExecutingAssembly();
        using var stream = assembly.GetManifestResourceStream($"statements-{version}.json")!;
        using var list = JsonDocument.Parse(stream);
        var named = list.RootElement.EnumerateArray().Where(s => s.TryGetProperty("client", out _)).SelectMany(s => s.GetProperty("client").EnumerateArray().Select(t => t.GetString()!)).ToHashSet();
        Assert.NotEmpty(named);
        foreach (var test in named)
        {
            var parts = test.Split('.');
            var method = assembly.GetTypes().SingleOrDefault(t => t.Name == parts[0])?.GetMethod(parts[1]);
            Assert.True(method?.GetCustomAttributes().Any(a => a is FactAttribute or TheoryAttribute) == true, $"{test} is no test");
        }
    }
}
