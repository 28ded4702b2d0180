using System.Globalization;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary>
/// Fifty rules over the points that the generator's SenML names: two severity steps with holds and a hysteresis each, spread over seven kinds. A fifth have limits that the wandering
/// values cross all the time, so that holds begin and end; one fires at once for one device; the others watch, as most rules of a city do.
/// </summary>
internal static class LineRules
{
    public const int Count = 50;

    /// <summary>Kind, lowest value and span of the generator's points, in the kind's canonical unit.</summary>
    private static readonly (string Signal, double Low, double Span)[] Kinds =
        [("temperature", 15, 30), ("humidity", 30, 65), ("voltage", 200, 50), ("power", 100, 400), ("pressure", 100, 400), ("level", 10, 4), ("ratio", 0.0004, 0.0016)];

    public static string Write(string folder)
    {
        for (var i = 0; i < Count; i++)
        {
            var (signal, low, span) = Kinds[i % Kinds.Length];
            var (alone, crossed) = (i == Count - 1, i % 5 == 0);
            // The span's top is low + span; what is over it is never reached.
            var limit = low + (span * (alone ? 0.9 : crossed ? 0.7 : 1.2 + (i * 0.01)));
            File.WriteAllText(Path.Combine(folder, $"bench-{i:00}.yaml"), $$"""
                id: bench-{{i:00}}
                title: { zh: 测试规则, en: Bench rule {{i}} }
                signal: {{signal}}
                {{(alone ? "where: { device: dev7 }\n" : "")}}raise:
                  - { severity: P3, when: "value > {{N(limit)}}"{{(alone ? "" : $", for: {10 + i}m")}} }
                  - { severity: P2, when: "value > {{N(limit + (span * 0.2))}}", for: 5m }
                clear: { when: "value < {{N(limit - (span * 0.1))}}"{{(alone ? "" : ", for: 15m")}} }
                ticket: { category: bench.line }

                """);
        }
        return folder;
    }

    private static string N(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
