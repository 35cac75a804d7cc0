using Yoga.Playbooks;
using Yoga.Recordings;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach.Playbooks;

/// <summary>Playbook 3: angles, symmetry, stability and events.</summary>
public sealed class PoseAssessmentTests
{
    [Fact]
    public void AGoodPose_HasNoEvents()
    {
        var result = Bodies.Assess(Bodies.Holding(Posture.Warrior2, 10));

        Assert.Empty(result.Events);
        Assert.Equal(new AssessmentSummary(1, 0, 0, 0), result.Summary);
        var knee = result.Metrics[0].Angles.Single(angle => angle.Angle == "left_knee");
        Assert.Equal(new AngleMetrics("left_knee", 90, 90, 90, 0, 90), knee);
        Assert.Equal(0, result.Metrics[0].Stability.Sway);
    }

    /// <summary>The front knee tolerates 15 degrees: up to twice as many are yellow, more are red.</summary>
    [Theory]
    [InlineData(14, null, 0)]
    [InlineData(20, Severity.Yellow, 1.333)]
    [InlineData(29, Severity.Yellow, 1.933)]
    [InlineData(31, Severity.Red, 2.067)]
    [InlineData(45, Severity.Red, 3)]
    public void AnAngleThatIsOff_IsAnEvent_ByHowManyTolerances(double degrees, Severity? severity, double value)
    {
        // The shin turns about the knee, so the knee's angle is off by just that, and no other.
        var result = Bodies.Assess(Bodies.Holding(Posture.Warrior2 with { LeftShin = 260 - degrees }, 10));

        if (severity is null)
        {
            Assert.Empty(result.Events);
            return;
        }

        var @event = Assert.Single(result.Events);
        Assert.Equal(("angle", "left_knee", severity, value), (@event.Type, @event.Name, @event.Severity, @event.Value));
        Assert.Equal(90 - degrees, @event.Measured, 1e-6);
        Assert.Equal(0.9, @event.Confidence, 1e-9);
        Assert.Equal(2, @event.Time, 1e-9);
        Assert.Equal(severity == Severity.Red ? 1 : 0, result.Summary.RedEvents);
        Assert.Equal(severity == Severity.Yellow ? 1 : 0, result.Summary.YellowEvents);
    }

    /// <summary>The knee goes evenly from 84 to 96 degrees: mean 90, and the variance of n even steps, (n² - 1) / 12 steps².</summary>
    [Fact]
    public void Variance_IsThePopulations_OfTheFramesThatWereHeld()
    {
        var recording = Bodies.Holding(Posture.Warrior2, 10);
        var frames = recording.Frames.Select((frame, index) => Bodies.FrameOf(Posture.Warrior2 with { LeftShin = 254 + 0.1 * (index - 40) }, index, frame.Timestamp)).ToList();

        var knee = Bodies.Assess(recording with { Frames = frames }).Metrics[0].Angles.Single(angle => angle.Angle == "left_knee");

        // Frames 40 to 159 are held: 120 of them, 0.1 degrees apart. Smoothing moves a joint on its arc by less than what is asked for here.
        Assert.Equal(89.95, knee.Avg, 0.01);
        Assert.Equal((120 * 120 - 1) / 12.0 * 0.01, knee.Variance, 0.01);
        Assert.Equal(84, knee.Min, 0.02);
        Assert.Equal(95.9, knee.Max, 0.02);
    }

    /// <summary>Goddess asks for equal knees, within 10 degrees.</summary>
    [Theory]
    [InlineData(8, 0)]
    [InlineData(14, 1)]
    public void Symmetry_IsTheDifferenceOfTheSides(double degrees, int events)
    {
        var result = Bodies.Assess(Bodies.Holding(Posture.Goddess with { LeftShin = 270 + degrees }, 10));

        Assert.Equal(degrees, result.Metrics[0].Symmetry.Single(check => check.Angle == "knee").Difference, 1e-6);
        Assert.Equal(events, result.Events.Count(@event => @event is { Type: "symmetry", Name: "knee" }));
    }

    /// <summary>A sine of amplitude a has the standard deviation a / √2. Sampled over whole periods; smoothing takes less than 2 % of one of 20 frames.</summary>
    [Theory]
    [InlineData(0.05, null)]
    [InlineData(0.10, Severity.Yellow)]
    [InlineData(0.20, Severity.Red)]
    public void Stability_IsTheStandardDeviationOfTheCentre_InLengthsOfTheBack(double amplitude, Severity? severity)
    {
        var result = Bodies.Assess(Bodies.Holding(Posture.Warrior2, 10, confidence: 0.95, sway: time => amplitude * Bodies.Back * Math.Sin(2 * Math.PI * time)));

        Assert.Equal(amplitude / Math.Sqrt(2), result.Metrics[0].Stability.Sway, 0.02 * amplitude);
        Assert.Equal(severity, result.Events.SingleOrDefault(@event => @event.Type == "stability")?.Severity);
    }

    [Fact]
    public void Smoothing_TakesTheDetectorsTremblingOut()
    {
        var scene = new Scene { Takes = [new Take(Posture.Warrior2, 12)], Tremble = 4 };
        var recording = Recorder.Record(scene, 1);
        var segments = Bodies.Segments(recording).Segments;

        var smoothed = Bodies.Assess(recording).Metrics[0].Angles.Single(angle => angle.Angle == "left_knee");
        var raw = recording.Frames.Where(frame => frame.Timestamp >= segments[0].Phases.Hold.Start && frame.Timestamp < segments[0].Phases.Hold.End)
            .Select(frame => Yoga.Keypoints.BodyAngle.Of("left_knee").Measure(frame, Bodies.Detection)!.Value).ToList();
        var mean = raw.Average();

        // White noise keeps 17/35 of its variance.
        Assert.Equal(17.0 / 35, smoothed.Variance / raw.Average(value => (value - mean) * (value - mean)), 0.12);
    }
}
