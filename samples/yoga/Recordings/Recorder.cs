using Yoga.Keypoints;

namespace Yoga.Recordings;

/// <summary>One pose of a recording: entered from standing, held, left to standing.</summary>
/// <param name="Seconds">20 % of it is entering and 20 % leaving; the change follows a cosine, so it begins and ends at rest.</param>
internal sealed record Take(Posture Posture, double Seconds);

/// <summary>What a recording shows, and how well.</summary>
internal sealed record Scene
{
    public required IReadOnlyList<Take> Takes { get; init; }

    /// <summary>Seconds of standing before and after each pose.</summary>
    public double Rest { get; init; } = 1;

    public double Fps { get; init; } = 30;

    public int Width { get; init; } = 1280;

    public int Height { get; init; } = 720;

    /// <summary>The detector's trembling: standard deviation in pixels.</summary>
    public double Tremble { get; init; } = 1.2;

    /// <summary>The mean confidence of a joint that is seen.</summary>
    public double Confidence { get; init; } = 0.92;

    /// <summary>The standard deviation of that confidence.</summary>
    public double ConfidenceTremble { get; init; } = 0.02;

    /// <summary>How far the person sways, in lengths of the back, once a second.</summary>
    public double Sway { get; init; }

    /// <summary>Joints behind something: seen with a confidence of about 0.1.</summary>
    public IReadOnlyList<string> Occluded { get; init; } = [];

    public PainReport? Pain { get; init; }

    public bool Consent { get; init; } = true;

    public IReadOnlyList<double> PreviousScores { get; init; } = [];
}

/// <summary>
/// Makes recordings: a kinematic model in place of a camera and a detector. The person stands in the middle, the back is a fifth of the picture's height, and each
/// joint trembles by itself. Equal for equal scenes and seeds.
/// </summary>
internal static class Recorder
{
    private const double PhasePart = 0.2;

    public static Recording Record(Scene scene, ulong seed)
    {
        var chance = new Chance(seed);
        var seconds = scene.Takes.Sum(take => take.Seconds) + scene.Rest * (scene.Takes.Count + 1);
        var count = (int)Math.Round(seconds * scene.Fps);
        return new Recording
        {
            VideoMetadata = new VideoMetadata(Math.Round(seconds, 3), $"{scene.Width}x{scene.Height}", scene.Fps),
            Frames = [.. Enumerable.Range(0, count).Select(index => FrameAt(scene, index, chance))],
            UserConsent = scene.Consent,
            UserPainReport = scene.Pain,
            PreviousScores = scene.PreviousScores,
        };
    }

    private static Frame FrameAt(Scene scene, int index, Chance chance)
    {
        var time = index / scene.Fps;
        var scale = scene.Height / 5.0;
        var sway = scene.Sway * scale * Math.Sin(2 * Math.PI * time);
        var places = PostureAt(scene, time).Place(scene.Width / 2.0 + sway, scene.Height * 0.55, scale);
        var joints = new Dictionary<string, Joint>(StringComparer.Ordinal);
        foreach (var name in Joints.All)
        {
            var (x, y) = places[name];
            var mean = scene.Occluded.Contains(name) ? 0.1 : scene.Confidence;
            joints[name] = new Joint(
                Math.Round(x + scene.Tremble * chance.Normal(), 1),
                Math.Round(y + scene.Tremble * chance.Normal(), 1),
                Math.Round(Math.Clamp(mean + scene.ConfidenceTremble * chance.Normal(), 0, 1), 2));
        }

        return new Frame(index, Math.Round(time, 4), joints);
    }

    private static Posture PostureAt(Scene scene, double time)
    {
        var from = scene.Rest;
        foreach (var take in scene.Takes)
        {
            if (time < from) break;
            if (time < from + take.Seconds) return Posture.Between(Posture.Mountain, take.Posture, Part((time - from) / take.Seconds));
            from += take.Seconds + scene.Rest;
        }

        return Posture.Mountain;
    }

    /// <summary>How much of the pose there is at a part of its time, 0..1.</summary>
    private static double Part(double time) => Ease(Math.Min(1, Math.Min(time, 1 - time) / PhasePart));

    private static double Ease(double part) => (1 - Math.Cos(Math.PI * part)) / 2;
}
