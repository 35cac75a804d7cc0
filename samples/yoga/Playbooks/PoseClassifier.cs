using Yoga.Keypoints;
using Yoga.Library;

namespace Yoga.Playbooks;

/// <summary>A pose, as the library has it or mirrored.</summary>
internal sealed record PoseForm(Asana Asana, bool IsMirrored)
{
    /// <summary>The angles of the form, by name.</summary>
    public IReadOnlyDictionary<string, KeyAngle> Angles { get; } = Asana.KeyAngles
        .Select(angle => IsMirrored ? angle with { Angle = Joints.Mirrored(angle.Angle) } : angle)
        .ToDictionary(angle => angle.Angle, StringComparer.Ordinal);

    /// <summary>The library's poses, and the mirror images of those that are not their own.</summary>
    public static IReadOnlyList<PoseForm> AllOf(IEnumerable<Asana> library) => [.. library.SelectMany(FormsOf)];

    private static IEnumerable<PoseForm> FormsOf(Asana asana)
    {
        var form = new PoseForm(asana, IsMirrored: false);
        yield return form;
        if (asana.KeyAngles.Any(angle => form.Angles[angle.Angle].Target != (form.Angles.TryGetValue(Joints.Mirrored(angle.Angle), out var other) ? other.Target : double.NaN)))
            yield return new PoseForm(asana, IsMirrored: true);
    }
}

/// <summary>Which pose a frame shows.</summary>
/// <remarks>
/// Likeness is the geometric mean, over the pose's angles that were seen, of <c>1 - deviation / reach</c>: one angle that is off by the reach speaks against
/// the pose, however well the others fit; a plank is no mountain that lies down.
/// </remarks>
internal static class PoseClassifier
{
    /// <summary>So many angles must be seen to say anything.</summary>
    private const int LeastAngles = 6;

    /// <summary>The likest form and its likeness, 0..1; null if none is like enough.</summary>
    public static (PoseForm Form, double Likeness)? Classify(Frame frame, IReadOnlyList<PoseForm> forms, SegmentationOptions options, double detection)
    {
        var measured = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var angle in BodyAngle.All)
        {
            if (angle.Measure(frame, detection) is { } degrees) measured[angle.Name] = degrees;
        }

        (PoseForm, double)? best = null;
        foreach (var form in forms)
        {
            var likeness = Likeness(form, measured, options.AngleReach);
            if (likeness >= options.MinLikeness && likeness > (best?.Item2 ?? 0)) best = (form, likeness);
        }

        return best;
    }

    public static double Likeness(PoseForm form, IReadOnlyDictionary<string, double> measured, double reach)
    {
        var (product, count) = (1.0, 0);
        foreach (var (name, angle) in form.Angles)
        {
            if (!measured.TryGetValue(name, out var degrees)) continue;
            product *= Math.Max(0, 1 - Math.Abs(degrees - angle.Target) / reach);
            count++;
        }

        return count < LeastAngles ? 0 : Math.Pow(product, 1.0 / count);
    }
}
