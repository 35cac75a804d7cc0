using Yoga.Keypoints;

namespace Yoga.Library;

/// <summary>What an angle should be in a pose.</summary>
/// <param name="Angle">A name of <see cref="BodyAngle"/>.</param>
/// <param name="Target">Degrees.</param>
/// <param name="Tolerance">Degrees of deviation that are no event; twice as many are a red one. Absent: the angle tells the pose, and is not judged.</param>
/// <param name="Cue">What a teacher says to somebody whose angle is off.</param>
internal sealed record KeyAngle(string Angle, double Target, double? Tolerance = null, string? Cue = null);

/// <summary>Two angles that should be equal.</summary>
/// <param name="Angle">Without its side: <c>knee</c>.</param>
internal sealed record SymmetryCheck(string Angle, double LimitDegrees, string? Cue = null);

/// <summary>A film of a teacher.</summary>
/// <param name="For">The angle, <c>symmetry</c> or <c>stability</c> that it helps with; <c>whole</c> for the pose itself.</param>
/// <param name="Start">Where it begins in the film, in seconds.</param>
/// <param name="Duration">Seconds to watch.</param>
internal sealed record Clip(string For, string Video, int Start, int Duration, string Title);

/// <summary>A pose of the teacher's library, with its rubric.</summary>
internal sealed record Asana
{
    public required string AsanaId { get; init; }

    public required string Name { get; init; }

    /// <summary>All the angles by which the pose is known; those with a tolerance are judged.</summary>
    public required IReadOnlyList<KeyAngle> KeyAngles { get; init; }

    public IReadOnlyList<SymmetryCheck> SymmetryChecks { get; init; } = [];

    /// <summary>How far the body's centre may sway, as a part of the length of the back: standard deviation. Three times as much is red.</summary>
    public double StabilityLimit { get; init; } = 0.04;

    public required string SafetyNote { get; init; }

    public required string Easier { get; init; }

    public IReadOnlyList<Clip> Clips { get; init; } = [];
}
