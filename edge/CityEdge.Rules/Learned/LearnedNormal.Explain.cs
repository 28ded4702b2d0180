using System.Globalization;

namespace CityEdge.Rules;

public sealed partial class LearnedNormal
{
    private static readonly string[] Days = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];

    /// <summary>
    /// The last reading in words, such as "below 99.7 % of Mondays 06-07 h; most unusual: the course of the last 6 readings, further from the nearest of the last 1024 than usual". For people; not for parsing.
    /// </summary>
    public string Explain()
    {
        if (count == 0) return "no reading yet";
        if (IsLearning) return $"learning: {count} of {LearningReadings} readings";
        var rank = slot < 0 ? "no hour of the week or day is known yet" : Rank();
        var view = oddest switch
        {
            0 => $"the course of the last 6 readings is unlike all among the last {ShapeMemory.Capacity}",
            1 => $"the course of the last 32 readings is unlike all among the last {ShapeMemory.Capacity}",
            2 => Far("the value", value - slow),
            3 => Far("the mean of late", quick - slow),
            _ => "",
        };
        return view.Length == 0 || Score < 0.25 ? rank : $"{rank}; {view}";

        static string Far(string what, double by) => string.Create(CultureInfo.InvariantCulture, $"{what} lies {Math.Abs(by):G3} {(by < 0 ? "below" : "above")} the long mean");
    }

    private string Rank()
    {
        var hour = slot % 24;
        var when = string.Create(CultureInfo.InvariantCulture, $"{(slot < SeasonProfile.Week ? Days[slot / 24] : "days")} {hour:00}-{hour + 1:00} h");
        var (word, share) = below < 50 ? ("below", 100 - below) : ("above", below);
        // What was never exceeded in memory is not "all".
        return string.Create(CultureInfo.InvariantCulture, $"{word} {Math.Min(share, 99.9):F1} % of {when}");
    }
}
