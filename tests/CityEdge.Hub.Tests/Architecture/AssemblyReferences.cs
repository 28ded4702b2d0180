using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace CityEdge.Hub.Tests;

/// <summary>What built code refers to, read from its metadata and IL: nothing is loaded or run.</summary>
internal sealed class AssemblyReferences : IDisposable
{
    private static readonly Dictionary<ushort, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => (ushort)o.Value);

    private readonly PEReader pe;
    private readonly MetadataReader metadata;

    public AssemblyReferences(string file)
    {
        pe = new PEReader(File.OpenRead(file));
        metadata = pe.GetMetadataReader();
    }

    /// <summary>Names of referenced assemblies.</summary>
    public IEnumerable<string> Assemblies => metadata.AssemblyReferences.Select(h => metadata.GetString(metadata.GetAssemblyReference(h).Name));

    /// <summary>Every type of another assembly that anything here refers to, as <c>Namespace.Name</c>.</summary>
    public IEnumerable<string> Types => metadata.TypeReferences.Select(FullName);

    /// <summary>Public types as documentation ids, <c>T:Namespace.Outer.Inner</c>; what the compiler made is left out.</summary>
    public IEnumerable<string> PublicTypes => metadata.TypeDefinitions.Where(IsPublic).Select(h => "T:" + DocumentationName(h)).Where(n => !n.Contains('<'));

    /// <summary>Every type that the code of a namespace (and its nested types) refers to: in fields, signatures, locals and instructions.</summary>
    public SortedSet<string> TypesUsedBy(string space)
    {
        var used = new SortedSet<string>(StringComparer.Ordinal);
        var names = new TypeNames(this, used);
        foreach (var handle in metadata.TypeDefinitions)
        {
            if (Outermost(handle) != space) continue;
            var type = metadata.GetTypeDefinition(handle);
            if (!type.BaseType.IsNil) names.Add(type.BaseType);
            foreach (var implemented in type.GetInterfaceImplementations()) names.Add(metadata.GetInterfaceImplementation(implemented).Interface);
            foreach (var field in type.GetFields()) metadata.GetFieldDefinition(field).DecodeSignature(names, null);
            foreach (var method in type.GetMethods()) Method(metadata.GetMethodDefinition(method), names);
        }
        return used;
    }

    /// <inheritdoc />
    public void Dispose() => pe.Dispose();

    private void Method(MethodDefinition method, TypeNames names)
    {
        method.DecodeSignature(names, null);
        if (method.RelativeVirtualAddress == 0) return;
        var body = pe.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil) metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(names, null);
        var il = body.GetILReader();
        while (il.RemainingBytes > 0)
        {
            ushort value = il.ReadByte();
            if (value == 0xfe) value = (ushort)(0xfe00 | il.ReadByte());
            switch (OpCodesByValue[value].OperandType)
            {
                case OperandType.InlineNone: break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar: il.ReadByte(); break;
                case OperandType.InlineVar: il.ReadInt16(); break;
                case OperandType.InlineI8 or OperandType.InlineR: il.ReadInt64(); break;
                case OperandType.InlineSwitch:
                    for (var left = il.ReadInt32(); left > 0; left--) il.ReadInt32();
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType: names.Add(MetadataTokens.EntityHandle(il.ReadInt32())); break;
                default: il.ReadInt32(); break;
            }
        }
    }

    private bool IsPublic(TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        return (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic => IsPublic(type.GetDeclaringType()),
            _ => false,
        };
    }

    private string DocumentationName(TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        var name = metadata.GetString(type.Name);
        if (!type.GetDeclaringType().IsNil) return $"{DocumentationName(type.GetDeclaringType())}.{name}";
        var space = metadata.GetString(type.Namespace);
        return space.Length == 0 ? name : $"{space}.{name}";
    }

    private string Outermost(TypeDefinitionHandle handle)
    {
        while (metadata.GetTypeDefinition(handle).GetDeclaringType() is { IsNil: false } declaring) handle = declaring;
        return metadata.GetString(metadata.GetTypeDefinition(handle).Namespace);
    }

    private string FullName(TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        var name = metadata.GetString(type.Name);
        if (type.ResolutionScope.Kind == HandleKind.TypeReference) return $"{FullName((TypeReferenceHandle)type.ResolutionScope)}.{name}";
        return $"{metadata.GetString(type.Namespace)}.{name}";
    }

    /// <summary>Collects the names of all types that a signature or a token mentions.</summary>
    private sealed class TypeNames(AssemblyReferences of, SortedSet<string> used) : ISignatureTypeProvider<int, object?>
    {
        public void Add(EntityHandle handle)
        {
            switch (handle.Kind)
            {
                case HandleKind.TypeReference: used.Add(of.FullName((TypeReferenceHandle)handle)); break;
                case HandleKind.TypeDefinition: used.Add(of.DocumentationName((TypeDefinitionHandle)handle)); break;
                case HandleKind.TypeSpecification: of.metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null); break;
                case HandleKind.MethodSpecification:
                    var specification = of.metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                    specification.DecodeSignature(this, null);
                    Add(specification.Method);
                    break;
                case HandleKind.MemberReference: Add(of.metadata.GetMemberReference((MemberReferenceHandle)handle).Parent); break;
                case HandleKind.MethodDefinition: used.Add(of.DocumentationName(of.metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType())); break;
                case HandleKind.FieldDefinition: used.Add(of.DocumentationName(of.metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType())); break;
            }
        }

        public int GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Added(handle);

        public int GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Added(handle);

        public int GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) => Added(handle);

        public int GetArrayType(int elementType, ArrayShape shape) => 0;

        public int GetByReferenceType(int elementType) => 0;

        public int GetFunctionPointerType(MethodSignature<int> signature) => 0;

        public int GetGenericInstantiation(int genericType, ImmutableArray<int> typeArguments) => 0;

        public int GetGenericMethodParameter(object? genericContext, int index) => 0;

        public int GetGenericTypeParameter(object? genericContext, int index) => 0;

        public int GetModifiedType(int modifier, int unmodifiedType, bool isRequired) => 0;

        public int GetPinnedType(int elementType) => 0;

        public int GetPointerType(int elementType) => 0;

        public int GetPrimitiveType(PrimitiveTypeCode typeCode) => 0;

        public int GetSZArrayType(int elementType) => 0;

        private int Added(EntityHandle handle)
        {
            Add(handle);
            return 0;
        }
    }
}
