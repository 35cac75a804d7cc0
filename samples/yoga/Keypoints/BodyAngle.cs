namespace Yoga.Keypoints;

/// <summary>An angle of the body in the picture's plane, in degrees 0..180.</summary>
internal sealed record BodyAngle(string Name, IReadOnlyList<string> Joints)
{
    /// <summary>How far the back leans: 0 upright, 90 level, 180 head down.</summary>
    public const string Torso = "torso";

    private static readonly Joint Up = new(0, -1, 1);

    public static IReadOnlyList<BodyAngle> All { get; } =
    [
        .. Sides("elbow", "shoulder", "elbow", "wrist"),
        .. Sides("shoulder", "elbow", "shoulder", "hip"),
        .. Sides("hip", "shoulder", "hip", "knee"),
        .. Sides("knee", "hip", "knee", "ankle"),
        new BodyAngle(Torso, ["left_shoulder", "right_shoulder", "left_hip", "right_hip"]),
    ];

    public static BodyAngle Of(string name) => All.FirstOrDefault(angle => angle.Name == name)
        ?? throw new ArgumentException($"There is no angle '{name}'; there are {string.Join(", ", All.Select(angle => angle.Name))}.", nameof(name));

    /// <summary>Null if one of its joints was not detected.</summary>
    /// <param name="detection">The least confidence of a joint that counts as detected.</param>
    public double? Measure(Frame frame, double detection)
    {
        Span<Joint?> found = [null, null, null, null];
        for (var i = 0; i < Joints.Count; i++)
        {
            if ((found[i] = frame.Find(Joints[i], detection)) is null) return null;
        }

        if (Name != Torso) return Between(Minus(found[0]!, found[1]!), Minus(found[2]!, found[1]!));
        return Between(Minus(Middle(found[0]!, found[1]!), Middle(found[2]!, found[3]!)), Up);
    }

    /// <summary>The angle a-b-c at b.</summary>
    public static double At(Joint a, Joint b, Joint c) => Between(Minus(a, b), Minus(c, b));

    public static Joint Middle(Joint a, Joint b) => new((a.X + b.X) / 2, (a.Y + b.Y) / 2, Math.Min(a.Confidence, b.Confidence));

    // By the arc tangent, which is exact also near 0 and 180 degrees, where the arc cosine is not.
    private static double Between(Joint a, Joint b) => Math.Abs(Math.Atan2(a.X * b.Y - a.Y * b.X, a.X * b.X + a.Y * b.Y)) * 180 / Math.PI;

    private static Joint Minus(Joint a, Joint b) => new(a.X - b.X, a.Y - b.Y, Math.Min(a.Confidence, b.Confidence));

    private static IEnumerable<BodyAngle> Sides(string name, string a, string b, string c) =>
        from side in new[] { "left", "right" }
        select new BodyAngle($"{side}_{name}", [$"{side}_{a}", $"{side}_{b}", $"{side}_{c}"]);
}
