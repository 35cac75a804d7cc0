namespace Yoga.Recordings;

/// <summary>
/// A body in the picture's plane: the direction of each limb in degrees, 0 to the right, 90 up. Lengths are parts of the back's length: upper arm 0.55, forearm
/// 0.5, thigh 0.85, shin 0.8; shoulders and hips are equally broad, so that the angles of the joints are the differences of the directions.
/// </summary>
/// <param name="Back">From the hips to the shoulders.</param>
/// <param name="Breadth">Half the breadth of shoulders and hips: 0.25 seen from the front, 0.04 from the side.</param>
internal sealed record Posture(
    double Back, double LeftUpperArm, double LeftForearm, double RightUpperArm, double RightForearm, double LeftThigh, double LeftShin, double RightThigh, double RightShin, double Breadth = 0.25)
{
    private const double UpperArm = 0.55;
    private const double Forearm = 0.5;
    private const double Thigh = 0.85;
    private const double Shin = 0.8;

    /// <summary>From the shoulders to the nose, and from there to eyes and ears.</summary>
    private const double Neck = 0.35;
    private const double Face = 0.06;

    public static Posture Mountain { get; } = new(90, 280, 280, 260, 260, 270, 270, 270, 270);

    public static Posture Warrior2 { get; } = new(90, 0, 0, 180, 180, 350, 260, 220, 220);

    public static Posture Goddess { get; } = new(90, 0, 90, 180, 90, 340, 270, 200, 270);

    public static Posture Tree { get; } = new(90, 80, 80, 100, 100, 310, 175, 270, 270);

    public static Posture Chair { get; } = new(65, 65, 65, 65, 65, 330, 250, 330, 250, Breadth: 0.04);

    public static Posture DownwardDog { get; } = new(-45, -45, -45, -45, -45, 225, 225, 225, 225, Breadth: 0.04);

    public static Posture Plank { get; } = new(10, -90, -90, -90, -90, 190, 190, 190, 190, Breadth: 0.04);

    /// <summary>In no library of this sample: standing with straight arms above the head.</summary>
    public static Posture UpwardSalute { get; } = new(90, 90, 90, 90, 90, 270, 270, 270, 270);

    /// <summary>The posture between two others: 0 is the first, 1 the second. Limbs turn the short way.</summary>
    public static Posture Between(Posture from, Posture to, double part) => new(
        Turn(from.Back, to.Back, part), Turn(from.LeftUpperArm, to.LeftUpperArm, part), Turn(from.LeftForearm, to.LeftForearm, part),
        Turn(from.RightUpperArm, to.RightUpperArm, part), Turn(from.RightForearm, to.RightForearm, part), Turn(from.LeftThigh, to.LeftThigh, part),
        Turn(from.LeftShin, to.LeftShin, part), Turn(from.RightThigh, to.RightThigh, part), Turn(from.RightShin, to.RightShin, part),
        from.Breadth + (to.Breadth - from.Breadth) * part);

    /// <summary>Where its joints are, in pixels.</summary>
    /// <param name="x">The middle of the hips, from the left.</param>
    /// <param name="y">The middle of the hips, from above.</param>
    /// <param name="scale">The back's length in pixels.</param>
    public Dictionary<string, (double X, double Y)> Place(double x, double y, double scale)
    {
        var joints = new Dictionary<string, (double X, double Y)>(StringComparer.Ordinal);
        var hips = (x, y);
        var shoulders = Along(hips, Back, scale);
        // The left side is where the back's direction, turned to the right, points: the person faces the camera.
        Side("left", Back - 90, LeftUpperArm, LeftForearm, LeftThigh, LeftShin);
        Side("right", Back + 90, RightUpperArm, RightForearm, RightThigh, RightShin);
        var nose = joints["nose"] = Along(shoulders, Back, Neck * scale);
        foreach (var (name, direction, far) in new[] { ("left_eye", Back - 45, 1), ("right_eye", Back + 45, 1), ("left_ear", Back - 75, 2), ("right_ear", Back + 75, 2) })
            joints[name] = Along(nose, direction, Face * far * scale);
        return joints;

        void Side(string side, double outwards, double upperArm, double forearm, double thigh, double shin)
        {
            var shoulder = joints[$"{side}_shoulder"] = Along(shoulders, outwards, Breadth * scale);
            var elbow = joints[$"{side}_elbow"] = Along(shoulder, upperArm, UpperArm * scale);
            joints[$"{side}_wrist"] = Along(elbow, forearm, Forearm * scale);
            var hip = joints[$"{side}_hip"] = Along(hips, outwards, Breadth * scale);
            var knee = joints[$"{side}_knee"] = Along(hip, thigh, Thigh * scale);
            joints[$"{side}_ankle"] = Along(knee, shin, Shin * scale);
        }
    }

    /// <summary>In a picture y grows downwards.</summary>
    private static (double X, double Y) Along((double X, double Y) from, double degrees, double length) =>
        (from.X + length * Math.Cos(degrees * Math.PI / 180), from.Y - length * Math.Sin(degrees * Math.PI / 180));

    private static double Turn(double from, double to, double part) => from + part * (((to - from) % 360 + 540) % 360 - 180);
}
