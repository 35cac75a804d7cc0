using System.Text.Json.Nodes;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>What the models of the contract can do and cost.</summary>
internal static class VideoModels
{
    public const string Default = "veo3";
    public const string Currency = "USD";

    /// <summary>The length of a scene that names none, in seconds.</summary>
    public const double DefaultSeconds = 6;

    /// <summary>The length that a model makes when it is asked for another one: veo 4, 6 or 8 s; hailuo 6 or 10 s; a model that is not known, what it is asked for.</summary>
    public static double Snap(string model, double seconds) => FamilyOf(model) switch
    {
        Family.Veo => seconds <= 5 ? 4 : seconds <= 7 ? 6 : 8,
        Family.Hailuo => seconds >= 9 ? 10 : 6,
        _ => seconds,
    };

    /// <summary>What a scene costs, in US dollars with two decimals.</summary>
    public static decimal CostOf(string model, double seconds) => Math.Round((decimal)Snap(model, seconds) * PerSecond(model), 2);

    /// <summary><c>{estimated, currency}</c></summary>
    public static JsonObject Costs(decimal estimated) => new() { ["estimated"] = estimated, ["currency"] = Currency };

    private static decimal PerSecond(string model) => FamilyOf(model) switch
    {
        Family.Veo => 0.20m,
        Family.Hailuo => 0.10m,
        _ => 0m,
    };

    private static Family FamilyOf(string model) =>
        model.Contains("veo", StringComparison.OrdinalIgnoreCase) ? Family.Veo
        : model.Contains("hailuo", StringComparison.OrdinalIgnoreCase) ? Family.Hailuo
        : Family.Other;

    private enum Family
    {
        Other,
        Veo,
        Hailuo,
    }
}
