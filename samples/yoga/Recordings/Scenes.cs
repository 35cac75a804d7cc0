using Yoga.Keypoints;

namespace Yoga.Recordings;

/// <summary>The recordings of the demonstration, by name.</summary>
internal static class Scenes
{
    public static IReadOnlyDictionary<string, Scene> All { get; } = new SortedDictionary<string, Scene>(StringComparer.Ordinal)
    {
        ["good"] = new() { Takes = [new Take(Posture.Warrior2, 10), new Take(Posture.Tree, 8)], PreviousScores = [0.6, 0.7] },
        ["bent"] = new() { Takes = [new Take(Posture.Warrior2 with { LeftShin = 240 }, 12)] },
        ["wobbling"] = new() { Takes = [new Take(Posture.Tree, 12)], Sway = 0.12, PreviousScores = [0.95, 1] },
        ["occluded"] = new() { Takes = [new Take(Posture.Goddess, 12)], Occluded = ["left_wrist", "right_wrist", "left_ankle", "right_ankle"] },
        ["short"] = new() { Takes = [new Take(Posture.Chair, 4)] },
        ["pain"] = new() { Takes = [new Take(Posture.DownwardDog, 10)], Pain = new PainReport(Reported: true, ["left wrist"]) },
        ["unknown"] = new() { Takes = [new Take(Posture.UpwardSalute, 10)] },
        ["no-consent"] = new() { Takes = [new Take(Posture.Plank, 10)], Consent = false },
    };
}
