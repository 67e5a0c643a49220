using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace ZsMlc.MLNet.Tests.Rooms;

/// <summary>Which namespaces of an assembly use which others of it, with one example each, read from its metadata.</summary>
internal sealed class NamespaceArrows
{
    private const string CompilersOwn = "";

    private readonly MetadataReader metadata;
    private readonly PEReader file;
    private readonly SortedDictionary<(string From, string To), string> arrows = [];
    private TypeDefinitionHandle from;
    private string member = "";

    private NamespaceArrows(PEReader file) => (this.file, metadata) = (file, file.GetMetadataReader());

    /// <summary>Reads an assembly's arrows: from and to which namespace, and "type.member uses type" as an example.</summary>
    public static IReadOnlyDictionary<(string From, string To), string> Of(Stream assembly)
    {
        using var file = new PEReader(assembly);
        var reader = new NamespaceArrows(file);
        foreach (var type in reader.metadata.TypeDefinitions)
        {
            reader.Visit(type);
        }

        return reader.arrows;
    }

    private void Visit(TypeDefinitionHandle handle)
    {
        (from, member) = (handle, "");
        var type = metadata.GetTypeDefinition(handle);
        Use(type.BaseType);
        Attributes(type.GetCustomAttributes());
        Constraints(type.GetGenericParameters());
        foreach (var implementation in type.GetInterfaceImplementations())
        {
            Use(metadata.GetInterfaceImplementation(implementation).Interface);
        }

        foreach (var handleOfField in type.GetFields())
        {
            var field = metadata.GetFieldDefinition(handleOfField);
            member = metadata.GetString(field.Name);
            field.DecodeSignature(new TypesOfSignature(Use), null);
            Attributes(field.GetCustomAttributes());
        }

        foreach (var handleOfMethod in type.GetMethods())
        {
            Visit(metadata.GetMethodDefinition(handleOfMethod));
        }
    }

    private void Visit(MethodDefinition method)
    {
        member = metadata.GetString(method.Name);
        method.DecodeSignature(new TypesOfSignature(Use), null);
        Attributes(method.GetCustomAttributes());
        Constraints(method.GetGenericParameters());
        if (method.RelativeVirtualAddress == 0)
        {
            return;
        }

        var body = file.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(new TypesOfSignature(Use), null);
        }

        foreach (var region in body.ExceptionRegions)
        {
            Use(region.CatchType);
        }

        foreach (var token in MethodTokens.In(body.GetILReader()))
        {
            Use(token);
        }
    }

    private void Constraints(GenericParameterHandleCollection parameters)
    {
        foreach (var constraint in parameters.SelectMany(p => metadata.GetGenericParameter(p).GetConstraints()))
        {
            Use(metadata.GetGenericParameterConstraint(constraint).Type);
        }
    }

    private void Attributes(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes)
        {
            Use(metadata.GetCustomAttribute(attribute).Constructor);
        }
    }

    /// <summary>Follows what a signature or an instruction names down to the types of this assembly.</summary>
    private void Use(EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition when !handle.IsNil:
                Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification when !handle.IsNil:
                metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(new TypesOfSignature(Use), null);
                break;
            case HandleKind.MethodDefinition:
                Use(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                Use(metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                Use(metadata.GetMemberReference((MemberReferenceHandle)handle).Parent);
                break;
            case HandleKind.MethodSpecification:
                var method = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                method.DecodeSignature(new TypesOfSignature(Use), null);
                Use(method.Method);
                break;
        }
    }

    private void Add(TypeDefinitionHandle to)
    {
        var (user, used) = (Outermost(from), Outermost(to));
        var (here, there) = (metadata.GetString(user.Namespace), metadata.GetString(used.Namespace));
        if (here != there && here != CompilersOwn && there != CompilersOwn)
        {
            arrows.TryAdd((here, there), $"{metadata.GetString(user.Name)}.{member} uses {metadata.GetString(used.Name)}");
        }
    }

    private TypeDefinition Outermost(TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        return type.IsNested ? Outermost(type.GetDeclaringType()) : type;
    }
}
