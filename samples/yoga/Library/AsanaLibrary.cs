using System.Text.Json;
using Dispatcher.Steps.Functions;

namespace Yoga.Library;

/// <summary>The poses that a teacher has taught the program.</summary>
internal static class AsanaLibrary
{
    /// <summary>The one that comes with the sample: <c>Library/asanas.json</c>.</summary>
    public static IReadOnlyList<Asana> Default { get; } = Read(typeof(AsanaLibrary).Assembly.GetManifestResourceStream("Yoga.Library.asanas.json")!);

    /// <exception cref="JsonException">It is no list of poses.</exception>
    /// <exception cref="ArgumentException">A pose names an angle that a body does not have.</exception>
    public static IReadOnlyList<Asana> Read(Stream json)
    {
        var asanas = JsonSerializer.Deserialize<IReadOnlyList<Asana>>(json, StepJson.Options) ?? throw new JsonException("The library is null.");
        foreach (var angle in asanas.SelectMany(asana => asana.KeyAngles)) Keypoints.BodyAngle.Of(angle.Angle);
        return asanas;
    }
}
