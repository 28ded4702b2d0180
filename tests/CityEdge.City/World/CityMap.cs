using System.Globalization;
using System.Text;

namespace CityEdge.City.World;

/// <summary>The asset tree of the simulated city, as the CSV that a facility manager would import.</summary>
public static class CityMap
{
    /// <summary>Site of all devices.</summary>
    public const string Site = "bj-demo-01";

    /// <summary>Columns of <c>assets import</c>.</summary>
    public static string Csv(CityWorld world)
    {
        var csv = new StringBuilder("id,kind,name,parent,lat,long\n");
        Row("dongcheng", "district", "东城演示区 Demo district", "", 39.929, 116.416);
        Row("hepingli", "community", "和平里社区 Hepingli community", "dongcheng", 39.956, 116.421);
        Row("station-1", "station", "换热站 Heat station", "hepingli", 39.9561, 116.4205);
        foreach (var (building, i) in world.Buildings.Select((b, i) => (b, i)))
        {
            Row(building.Id, "building", $"{building.Name} Building {i + 1}", "hepingli", 39.9565 + i * 0.0004, 116.4212 + i * 0.0003);
            Row($"{building.Id}-roof", "roof", $"{building.Name}屋面 Roof {i + 1}", building.Id, 39.9565 + i * 0.0004, 116.4212 + i * 0.0003);
            for (var room = 1; room <= building.Rooms; room++) Row($"{building.Id}-r{room}", "room", $"{building.Name} {room}01", building.Id, 39.9565 + i * 0.0004, 116.4212 + i * 0.0003);
        }
        for (var i = 1; i <= 5; i++) Row($"kiosk-{i}", "kiosk", $"便民服务亭 Kiosk {i}", "hepingli", 39.955 + i * 0.0003, 116.4195);
        for (var i = 1; i <= 4; i++) Row($"fee-{i}", "fee-terminal", $"水费终端 Water-fee terminal {i}", "hepingli", 39.955 + i * 0.0003, 116.42);
        for (var i = 1; i <= 4; i++) Row($"camera-{i}", "camera", $"摄像机 Camera {i}", "hepingli", 39.955 + i * 0.0003, 116.4225);
        return csv.ToString();

        void Row(string id, string kind, string name, string parent, double lat, double longitude) => csv.AppendLine(CultureInfo.InvariantCulture, $"{id},{kind},{name},{parent},{lat},{longitude}");
    }
}
