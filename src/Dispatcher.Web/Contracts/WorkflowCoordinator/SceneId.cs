using System.Buffers.Binary;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>
/// A scene's UUID (version 8): the number of its job and its place in the first storyboard, from 1. It says by itself to which job a scene belongs, so nothing has to be
/// stored or looked for, and nobody learns from it what exists.
/// </summary>
internal static class SceneId
{
    public const int PlaceLimit = 4095;

    /// <summary>"scn", so that other UUIDs of this version are not taken for one.</summary>
    private const ulong Mark = 0x73636e;

    public static Guid Of(long number, int place)
    {
        Span<byte> bytes = stackalloc byte[16];
        // 48 bits of the number | version, 12 bits of the place | variant, 24 bits of the mark, the number's low bits.
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)number >> 16 << 16) | 0x8000UL | (uint)place);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (2UL << 62) | (Mark << 16) | ((ulong)number & 0xffff));
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>False for what is no scene's id.</summary>
    public static bool TryRead(string text, out long number, out int place)
    {
        (number, place) = (0, 0);
        if (!Guid.TryParseExact(text, "D", out var id)) return false;
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var (high, low) = (BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        number = (long)((high >> 16 << 16) | (low & 0xffff));
        place = (int)(high & 0xfff);
        return place > 0 && number > 0 && Of(number, place) == id;
    }
}
