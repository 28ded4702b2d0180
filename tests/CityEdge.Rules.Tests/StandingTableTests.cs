using CityEdge.Contracts;

namespace CityEdge.Rules.Tests;

/// <summary>Every cell of the desk's state table, the empty ones included.</summary>
public class StandingTableTests
{
    // Columns: raised, acknowledged, cleared, shelved, out of service, inhibited, released. '-' is no cell.
    [Theory]
    [InlineData(AlarmStanding.Normal, "ActiveUnack - - - - - -")]
    [InlineData(AlarmStanding.ActiveUnack, "- ActiveAck RtnUnack Shelved OutOfService SuppressedByDesign -")]
    [InlineData(AlarmStanding.ActiveAck, "- ActiveAck Normal Shelved OutOfService SuppressedByDesign -")]
    [InlineData(AlarmStanding.RtnUnack, "- Normal - - - - -")]
    [InlineData(AlarmStanding.Shelved, "- Shelved Normal Shelved OutOfService SuppressedByDesign ActiveUnack")]
    [InlineData(AlarmStanding.SuppressedByDesign, "- SuppressedByDesign Normal Shelved OutOfService SuppressedByDesign ActiveUnack")]
    [InlineData(AlarmStanding.OutOfService, "- OutOfService Normal Shelved OutOfService SuppressedByDesign ActiveUnack")]
    public void Every_cell_is_as_the_domain_says(AlarmStanding from, string row) =>
        Assert.Equal(row, string.Join(' ', Enum.GetValues<StandingTrigger>().Select(trigger => StandingTable.Next(from, trigger)?.ToString() ?? "-")));

    [Fact]
    public void Every_standing_has_its_row_above() => Assert.Equal(7, Enum.GetValues<AlarmStanding>().Length);
}
