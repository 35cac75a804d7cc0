namespace Yoga.Keypoints;

/// <summary>The names of joints, as COCO has them.</summary>
internal static class Joints
{
    /// <summary>Those that an analysis needs: a face is not one.</summary>
    public static IReadOnlyList<string> Key { get; } =
    [
        "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
        "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    ];

    public static IReadOnlyList<string> All { get; } = ["nose", "left_eye", "right_eye", "left_ear", "right_ear", .. Key];

    /// <summary>The same joint, or angle, of the other side.</summary>
    public static string Mirrored(string name) =>
        name.StartsWith("left_", StringComparison.Ordinal) ? $"right_{name[5..]}"
        : name.StartsWith("right_", StringComparison.Ordinal) ? $"left_{name[6..]}"
        : name;
}
