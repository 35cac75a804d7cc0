using Yoga;
using Yoga.Keypoints;
using Yoga.Playbooks;
using Yoga.Recordings;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach.Playbooks;

/// <summary>Playbook 1: limits, gates and the score.</summary>
public sealed class QualityCheckTests
{
    private static readonly Recording Good = Bodies.Holding(Posture.Mountain, 12);

    [Fact]
    public void Run_Passes_AGoodRecording()
    {
        var result = Run(Good);

        Assert.Equal(ConfidenceGate.Pass, result.ConfidenceGate);
        Assert.Empty(result.Warnings);
        Assert.Empty(result.Guidance);
        Assert.Equal(1, result.DetectionRate);
        Assert.Equal(0.9, result.MeanConfidence, 1e-9);
        // 0.4 * 1 + 0.4 * 0.9 + 0.2 * 3/3
        Assert.Equal(0.96, result.QualityScore, 1e-9);
    }

    [Theory]
    [InlineData(10, ConfidenceGate.Pass)]
    [InlineData(9.99, ConfidenceGate.ReShoot)]
    [InlineData(60, ConfidenceGate.Pass)]
    [InlineData(900, ConfidenceGate.Pass)]
    [InlineData(900.1, ConfidenceGate.Reject)]
    public void Duration_IsTenSecondsAtLeast_AndAtMostTheUploadPolicys(double seconds, ConfidenceGate gate) =>
        Assert.Equal(gate, Run(Good with { VideoMetadata = new VideoMetadata(seconds, "1280x720", 30) }).ConfidenceGate);

    [Fact]
    public void Duration_AboveSixtySeconds_IsAWarningAndNoRejection()
    {
        var result = Run(Good with { VideoMetadata = new VideoMetadata(60.1, "1280x720", 30) });

        Assert.Equal(ConfidenceGate.Pass, result.ConfidenceGate);
        Assert.Contains("60.1 s", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("640x480", ConfidenceGate.Pass)]
    [InlineData("480x640", ConfidenceGate.Pass)]
    [InlineData("639x480", ConfidenceGate.ReShoot)]
    [InlineData("640x479", ConfidenceGate.ReShoot)]
    [InlineData("large", ConfidenceGate.ReShoot)]
    public void Resolution_Is640By480AtLeast(string resolution, ConfidenceGate gate) =>
        Assert.Equal(gate, Run(Good with { VideoMetadata = new VideoMetadata(12, resolution, 30) }).ConfidenceGate);

    [Theory]
    [InlineData(15, ConfidenceGate.Pass)]
    [InlineData(14.9, ConfidenceGate.ReShoot)]
    public void Rate_IsFifteenFramesASecondAtLeast(double fps, ConfidenceGate gate) =>
        Assert.Equal(gate, Run(Good with { VideoMetadata = new VideoMetadata(12, "1280x720", fps) }).ConfidenceGate);

    [Theory]
    [InlineData(150, ConfidenceGate.Pass)]
    [InlineData(149, ConfidenceGate.ReShoot)]
    public void Frames_Are150AtLeast(int frames, ConfidenceGate gate) => Assert.Equal(gate, Run(Good with { Frames = [.. Good.Frames.Take(frames)] }).ConfidenceGate);

    /// <summary>Of ten frames with twelve key joints each: 84 of 120 are 70 %.</summary>
    [Theory]
    [InlineData(84, ConfidenceGate.Pass)]
    [InlineData(83, ConfidenceGate.ReShoot)]
    public void Detection_Is70PercentOfTheKeyJointsAtLeast(int seen, ConfidenceGate gate)
    {
        var left = seen;
        var frames = Good.Frames.Take(10).Select(frame => frame with
        {
            Keypoints = frame.Keypoints.ToDictionary(pair => pair.Key, pair => Joints.Key.Contains(pair.Key) && left-- <= 0 ? pair.Value with { Confidence = 0.1 } : pair.Value, StringComparer.Ordinal),
        }).ToList();

        var result = QualityCheck.Run(Good with { Frames = frames }, new QualityOptions { MinFrames = 10 });

        Assert.Equal(gate, result.ConfidenceGate);
        Assert.Equal(Math.Round(seen / 120.0, 4), result.DetectionRate);
    }

    [Theory]
    [InlineData(0.6, ConfidenceGate.Pass)]
    [InlineData(0.59, ConfidenceGate.ReShoot)]
    public void MeanConfidence_IsSixTenthsAtLeast(double confidence, ConfidenceGate gate) =>
        Assert.Equal(gate, Run(Bodies.Holding(Posture.Mountain, 12, confidence)).ConfidenceGate);

    [Theory]
    [InlineData(false)]
    [InlineData(null)]
    public void WithoutConsent_IsRejected(bool? consent)
    {
        var result = Run(Good with { UserConsent = consent });

        Assert.Equal(ConfidenceGate.Reject, result.ConfidenceGate);
        Assert.Equal("The user has not consented to the analysis.", Assert.Single(result.Guidance));
        Assert.False(result.PrivacyReceipt.Consent);
    }

    [Fact]
    public void PrivacyReceipt_SaysWhatWasTaken() =>
        Assert.Equal(new PrivacyReceipt(true, 240, ImagesReceived: false, "keypoints"), Run(Good).PrivacyReceipt);

    [Fact]
    public void AnEmptyRecording_IsNoFault_AndHasGuidance()
    {
        var result = Run(new Recording { UserConsent = true });

        Assert.Equal(ConfidenceGate.ReShoot, result.ConfidenceGate);
        Assert.Equal(0, result.QualityScore);
        Assert.Contains(result.Guidance, line => line.Contains("0 frames", StringComparison.Ordinal));
    }

    [Fact]
    public void Limits_AreConfiguration() =>
        Assert.Equal(ConfidenceGate.Pass, QualityCheck.Run(Bodies.Holding(Posture.Mountain, 2), new QualityOptions { MinSeconds = 2, MinFrames = 40 }).ConfidenceGate);

    private static QualityResult Run(Recording recording) => QualityCheck.Run(recording, new QualityOptions());
}
