using Yoga.Keypoints;
using Yoga.Recordings;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach.Playbooks;

/// <summary>The smoothing of keypoints: window 5, order 2.</summary>
public sealed class SavitzkyGolayTests
{
    [Fact]
    public void Smooth_GivesAParabolaBackExactly_AtItsEndsToo()
    {
        double[] parabola = [.. Enumerable.Range(0, 20).Select(i => 3 - 2.5 * i + 0.75 * i * i)];

        var smoothed = SavitzkyGolay.Smooth(parabola);

        for (var i = 0; i < parabola.Length; i++) Assert.Equal(parabola[i], smoothed[i], 1e-9);
    }

    /// <summary>The weights of Savitzky and Golay's table, which an impulse makes visible: -3, 12, 17, 12, -3 by 35.</summary>
    [Fact]
    public void Smooth_SpreadsAnImpulse_AsThePublishedTableSays()
    {
        var impulse = new double[11];
        impulse[5] = 35;

        Assert.Equal([0, 0, 0, -3, 12, 17, 12, -3, 0, 0, 0], SavitzkyGolay.Smooth(impulse).Select(value => Math.Round(value, 9)));
    }

    [Fact]
    public void Smooth_IsTheLeastSquaresParabola_OfEachWindow()
    {
        var chance = new Chance(11);
        double[] values = [.. Enumerable.Range(0, 40).Select(_ => 100 * chance.Uniform())];

        var smoothed = SavitzkyGolay.Smooth(values);

        for (var i = 0; i < values.Length; i++)
        {
            var first = Math.Clamp(i - 2, 0, values.Length - 5);
            Assert.Equal(Fit(values[first..(first + 5)], i - first), smoothed[i], 1e-7);
        }
    }

    [Fact]
    public void Smooth_LeavesFewerThanFiveValues() => Assert.Equal([4, 1, 9, 2], SavitzkyGolay.Smooth([4, 1, 9, 2]));

    [Fact]
    public void Smooth_PartsTheWayOfAJoint_WhereItWasNotSeen()
    {
        Frame[] frames = [.. Enumerable.Range(0, 12).Select(i => new Frame(i, i, new Dictionary<string, Joint> { ["nose"] = i == 6 ? new Joint(-999, 0, 0.1) : new Joint(i * i, 5, 0.9) }))];

        var smoothed = SavitzkyGolay.Smooth(frames, detection: 0.3);

        // A parabola on both sides comes back as it was; had the unseen frame been mixed in, it would not.
        for (var i = 0; i < 12; i++) Assert.Equal(frames[i].Keypoints["nose"].X, smoothed[i].Keypoints["nose"].X, 1e-9);
    }

    /// <summary>The parabola a + bt + ct² through five values at t = 0..4 by the normal equations, solved by Cramer's rule.</summary>
    private static double Fit(double[] values, int at)
    {
        double s0 = 5, s1 = 10, s2 = 30, s3 = 100, s4 = 354;
        double y0 = 0, y1 = 0, y2 = 0;
        for (var t = 0; t < 5; t++)
        {
            y0 += values[t];
            y1 += t * values[t];
            y2 += t * t * values[t];
        }

        var determinant = Determinant(s0, s1, s2, s1, s2, s3, s2, s3, s4);
        var a = Determinant(y0, s1, s2, y1, s2, s3, y2, s3, s4) / determinant;
        var b = Determinant(s0, y0, s2, s1, y1, s3, s2, y2, s4) / determinant;
        var c = Determinant(s0, s1, y0, s1, s2, y1, s2, s3, y2) / determinant;
        return a + b * at + c * at * at;
    }

    private static double Determinant(double a, double b, double c, double d, double e, double f, double g, double h, double i) =>
        a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}
