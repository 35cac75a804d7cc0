namespace Yoga.Keypoints;

/// <summary>
/// The smoothing of Savitzky and Golay (1964), window 5 and order 2: each value becomes that of the parabola through it and its four neighbours, by least
/// squares. The two values at each end take the parabola of the five outermost. A parabola comes out as it went in.
/// </summary>
internal static class SavitzkyGolay
{
    public const int Window = 5;

    /// <summary>Row i: the weights that give the parabola's value at the i-th of five equidistant places, times 35.</summary>
    private static readonly double[][] Weights =
    [
        [31, 9, -3, -5, 3],
        [9, 13, 12, 6, -5],
        [-3, 12, 17, 12, -3],
        [-5, 6, 12, 13, 9],
        [3, -5, -3, 9, 31],
    ];

    private const double Divisor = 35;

    /// <summary>Fewer than five values come back as they are.</summary>
    public static double[] Smooth(IReadOnlyList<double> values)
    {
        var smoothed = new double[values.Count];
        for (var i = 0; i < smoothed.Length; i++)
        {
            if (values.Count < Window)
            {
                smoothed[i] = values[i];
                continue;
            }

            var first = Math.Clamp(i - Window / 2, 0, values.Count - Window);
            var weights = Weights[i - first];
            for (var k = 0; k < Window; k++) smoothed[i] += weights[k] * values[first + k] / Divisor;
        }

        return smoothed;
    }

    /// <summary>Each joint's way through the frames, smoothed. Frames in which the joint was not seen keep what they have, and part the way.</summary>
    /// <param name="detection">The least confidence of a joint that counts as detected.</param>
    public static IReadOnlyList<Frame> Smooth(IReadOnlyList<Frame> frames, double detection)
    {
        var keypoints = frames.Select(frame => new Dictionary<string, Joint>(frame.Keypoints, StringComparer.Ordinal)).ToList();
        foreach (var joint in frames.SelectMany(frame => frame.Keypoints.Keys).Distinct(StringComparer.Ordinal))
        {
            for (var from = 0; from < frames.Count;)
            {
                var to = from;
                while (to < frames.Count && frames[to].Find(joint, detection) is not null) to++;
                SmoothRun(frames, keypoints, joint, from, to);
                from = to + 1;
            }
        }

        return [.. frames.Select((frame, index) => frame with { Keypoints = keypoints[index] })];
    }

    private static void SmoothRun(IReadOnlyList<Frame> frames, List<Dictionary<string, Joint>> keypoints, string joint, int from, int to)
    {
        var run = Enumerable.Range(from, to - from).Select(index => frames[index].Keypoints[joint]).ToList();
        var (x, y) = (Smooth([.. run.Select(point => point.X)]), Smooth([.. run.Select(point => point.Y)]));
        for (var i = 0; i < run.Count; i++) keypoints[from + i][joint] = run[i] with { X = x[i], Y = y[i] };
    }
}
